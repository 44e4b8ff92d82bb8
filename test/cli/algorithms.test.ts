import { describe, expect, it } from 'vitest';
import { catalogueEntries } from '../../src/algorithms/catalogue.generated.ts';
import { methodBlocks } from '../../src/algorithms/methods.ts';
import { algorithms } from '../../src/cli/algorithms.ts';
import { processTerminal, type Terminal } from '../../src/cli/terminal.ts';
import { presetNames } from '../../src/recipe/presets.ts';

function said(name?: string, json = false): string {
  const lines: string[] = [];
  const terminal: Terminal = { ...processTerminal(), out: (text) => void lines.push(text) };
  expect(algorithms(name, { json }, terminal)).toBe(0);
  return lines.join('');
}

describe('entrain algorithms', () => {
  it('lists every preset and every method, each with its source', () => {
    const lines = said().split('\n');
    for (const name of [...presetNames, ...Object.keys(methodBlocks)]) expect(lines.some((line) => line.startsWith(`  ${name} `))).toBe(true);
    expect(catalogueEntries.filter(({ source, summary }) => source === '' || summary === '')).toEqual([]);
    expect(lines.find((line) => line.startsWith('  kl_control'))).toContain('arXiv:1909.08593');
  });

  it('prints the math, options with defaults, and source of one', () => {
    const text = said('entropyrl');
    for (const part of ['clipHigh_i = score_i < threshold ? low : high', 'threshold', '0.0001', 'JUSTINLEECEO/EntropyRL']) expect(text).toContain(part);
  });

  it('has math for every method', () => {
    expect(catalogueEntries.filter(({ kind, text }) => kind === 'method' && !/[=∝←<>]/.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('prints one JSON object a line', () => {
    expect(said(undefined, true).trim().split('\n')).toHaveLength(catalogueEntries.length);
  });

  it('names the nearest where there is no such algorithm', () => {
    expect(() => said('clipcov')).toThrow('Did you mean clip_cov?');
  });
});
