/** The prompts whose rivers are drawn, in the task's own words. */

import { isHeldOut, parseNumberQuestion } from '../../src/index.ts';
import type { Probe } from './frame.ts';

/** What a prompt asks, for people: `Make 21 with + and −, using 6 and 7`. A prompt of another task is shown as it is. */
export function describeProbe(prompt: string): Probe {
  const question = parseNumberQuestion(prompt);
  if (!question) return { prompt, words: prompt, isHeldOut: false };
  const { required, target } = question;
  const last = required.at(-1);
  const words = required.length === 2 && required[0] === last ? `two ${last}s` : `${required.slice(0, -1).join(', ')} and ${last}`;
  return { prompt, words: `Make ${target} with + and −, using ${required.length === 1 ? last : words}`, isHeldOut: isHeldOut(question) };
}

/** Shown first: a held-out prompt, and others of several sizes. */
export const PROBES: readonly string[] = ['67>21=', '15>32=', '33>33=', '29>34='];
