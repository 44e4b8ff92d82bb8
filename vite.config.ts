/** The demo's dev server and build: a folder of static files that any host can serve, from any path. */

import { cpSync, createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The built-in policy, beside the page under the path that recipes call it by. */
function policyBesidePage(): Plugin {
  const folder = 'models/make-the-number';
  return {
    name: 'entrain-policy',
    configureServer({ middlewares }) {
      middlewares.use(`/${folder}`, (request, response, next) => {
        const name = /^\/([\w.-]+)$/.exec(request.url?.split('?')[0] ?? '')?.[1];
        const file = name === undefined ? '' : here(`./${folder}/${name}`);
        if (!existsSync(file)) next();
        else createReadStream(file).pipe(response);
      });
    },
    writeBundle({ dir }) {
      cpSync(here(`./${folder}`), `${dir}/${folder}`, { recursive: true });
    },
  };
}

/**
 * What a page of ours may do: run its own code, fetch its own files, nothing from anywhere else. Only in the build: the dev server adds
 * scripts of its own.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

function contentPolicy(): Plugin {
  return {
    name: 'entrain-content-policy',
    apply: 'build',
    transformIndexHtml: () => [{ tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' }],
  };
}

/** Sites that show a pasted link want the whole address of its picture: ENTRAIN_DEMO_URL says where the page will stand. */
function linkedPicture(): Plugin {
  return { name: 'entrain-linked-picture', transformIndexHtml: (html) => html.replace('%SITE%', process.env['ENTRAIN_DEMO_URL'] ?? './') };
}

export default defineConfig({
  root: here('./demo'),
  base: './',
  publicDir: here('./demo/public'),
  plugins: [policyBesidePage(), contentPolicy(), linkedPicture()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: here('./demo/dist'),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    assetsInlineLimit: 0,
  },
});
