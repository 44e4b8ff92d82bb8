/**
 * After vitest's own summary: what was skipped or not run and why, which processes a driver took down, and last, alone on a line,
 * `N passed, N failed` (and `, N skipped`) over everything that was run.
 */

import type { Reporter, TestCase, TestModule } from 'vitest/node';

const NOT_RUN = /^not run: .+$/gm;

export class TallyReporter implements Reporter {
  readonly #notRun = new Set<string>();
  readonly #before: { readonly passed: number; readonly failed: number };

  /** @param before what passed and failed before vitest began: type check, lint, format */
  constructor({ notRun, before }: { readonly notRun: readonly string[]; readonly before: { readonly passed: number; readonly failed: number } }) {
    for (const line of notRun) this.#notRun.add(`not run: ${line}`);
    this.#before = before;
  }

  onUserConsoleLog({ content }: { readonly content: string }): void {
    for (const [line] of content.matchAll(NOT_RUN)) this.#notRun.add(line);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let { passed, failed } = this.#before;
    let skipped = 0;
    const notes: string[] = [];
    for (const module of modules) {
      let [isExplained, hasEnded] = [false, true];
      for (const test of module.children.allTests()) {
        const { state, ...result } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'skipped') skipped++;
        else failed++;
        if (state === 'failed') isExplained = true;
        if (state === 'pending') hasEnded = false;
        if (state === 'skipped') notes.push(`skipped: ${nameOf(module, test)} (${('note' in result && result.note) || 'its file says why'})`);
      }
      if (!hasEnded || module.state() === 'queued' || module.state() === 'pending') {
        notes.push(`no result: ${nameOf(module)}: its process ended before its tests did, which is a crash (of a driver, say) and no failed expectation`);
      } else if (module.state() === 'failed' && !isExplained) {
        failed++; // the file could not be loaded, or a hook failed and its tests were passed over
        notes.push(`no result: ${nameOf(module)}: it failed outside any test`);
      }
    }
    failed += unhandled.length;
    for (const line of [...notes, ...this.#notRun]) process.stdout.write(`${line}\n`);
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  }
}

function nameOf({ relativeModuleId, project }: TestModule, test?: TestCase): string {
  return `${relativeModuleId}${project.name ? ` [${project.name}]` : ''}${test ? ` > ${test.fullName}` : ''}`;
}
