import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BUILT_IN_POLICY, POLICY_FILES } from '../../demo/ui/live/recipes.ts';

it('the page knows every file of the policy that comes with it', () => {
  expect(readdirSync(join(fileURLToPath(new URL('../../', import.meta.url)), BUILT_IN_POLICY)).toSorted()).toEqual([...POLICY_FILES]);
});
