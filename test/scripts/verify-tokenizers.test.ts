import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyTokenizers } from '../../scripts/verify/tokenizers.ts';

const folderOf = (name: string): string => fileURLToPath(new URL(`../golden/tokenizers/${name}`, import.meta.url));

/** Runs the check on a copy in which one text of cases.json was replaced. */
async function altered(from: string, to: string): Promise<{ readonly isGood: boolean; readonly lines: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-tokenizer-'));
  try {
    await cp(folderOf('llama2_style'), folder, { recursive: true });
    const cases = await readFile(join(folder, 'cases.json'), 'utf8');
    expect(cases).toContain(from);
    await writeFile(join(folder, 'cases.json'), cases.replace(from, to));
    const lines: string[] = [];
    return { isGood: await verifyTokenizers([folder], (line) => lines.push(line)), lines };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('verify tokenizers', () => {
  it('passes tokenizers that agree, and one that is not there does not pass', async () => {
    const lines: string[] = [];
    expect(await verifyTokenizers([folderOf('llama2_style'), folderOf('metaspace_style')], (line) => lines.push(line))).toBe(true);
    expect(lines.at(-1)).toBe('2 of 2 tokenizers equal in every case');
    expect(await verifyTokenizers([folderOf('nowhere')], (line) => lines.push(line))).toBe(false);
    expect(lines.at(-2)).toMatch(/not covered: .*cases\.json: expected a fixture/);
  });

  it.each([
    ['another rendering', '"text": "<s>[INST] Hello! [/INST]"', '"text": "<s>[INST] Hello!"'],
    ['another refusal', 'Conversation roles must alternate', 'Roles should alternate'],
    ['another vocabulary', '"vocab_size": ', '"vocab_size": 1'],
  ])('finds %s', async (_, from, to) => {
    const { isGood, lines } = await altered(from, to);
    expect(isGood).toBe(false);
    expect(lines.some((line) => line.startsWith('  MISS '))).toBe(true);
  });
});
