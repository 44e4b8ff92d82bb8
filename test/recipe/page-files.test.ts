import { afterEach, describe, expect, it, vi } from 'vitest';
import { pageFiles } from '../../src/recipe/page-files.ts';

afterEach(() => vi.unstubAllGlobals());

describe('files of a page', () => {
  it('are not asked of the server where a folder is known not to have them', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: string) => {
      asked.push(url);
      return Promise.resolve(new Response('{}'));
    });
    const files = pageFiles({ baseUrl: 'https://page.example/', folders: new Map([['models/known', ['config.json']]]) });
    expect(await files.json('models/known/config.json')).toEqual({});
    expect(await files.find('models/known/tokenizer.json')).toBeUndefined();
    expect(await files.json('models/other/tokenizer.json')).toEqual({});
    expect(asked).toEqual(['https://page.example/models/known/config.json', 'https://page.example/models/other/tokenizer.json']);
  });
});
