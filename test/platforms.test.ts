import { describe, expect, it } from 'vitest';
import { platformsPage } from '../scripts/platforms.ts';

describe('the page of platforms', () => {
  it('has a row for each place, a cell for each check, and what was not run', () => {
    const place = { runtime: 'Node 20', webgpu: 'Dawn', adapter: 'lavapipe' };
    const page = platformsPage(
      [
        { ...place, check: 'training', passed: '2 steps' },
        { ...place, check: 'kernels', passed: '3 of 3' },
        { ...place, runtime: 'Deno 2', check: 'kernels', passed: '3 of 3' },
      ],
      ['a GPU'],
    );
    expect(page.split('\n').filter((line) => line.startsWith('| Node') || line.startsWith('| Deno'))).toEqual([
      '| Deno 2 | Dawn | lavapipe | 3 of 3 |  |  |  |  |',
      '| Node 20 | Dawn | lavapipe | 3 of 3 | 2 steps |  |  |  |',
    ]);
    expect(page).toContain('- Not run: a GPU.');
  });
});
