/** What the policy wrote, before and after: the same prompts side by side. */

import { type Html, markup } from './html.ts';
import { label } from './scale.ts';

export interface ReportSample {
  readonly prompt: string;
  readonly completion: string;
  readonly reward: number;
}

export interface SampleSet {
  readonly step: number;
  readonly samples: readonly ReportSample[];
}

const shownPrompts = 5;
const shownCompletions = 8;

/** A table with a row a prompt; prompts of both sets where they share some, else a table for each set. */
export function samplesTable(before: SampleSet | undefined, after: SampleSet | undefined): Html {
  if (!after || after.samples.length === 0) return markup`<p class="soft">No completions were kept.</p>`;
  const later = byPrompt(after);
  const earlier = before ? byPrompt(before) : new Map<string, ReportSample[]>();
  const shared = [...later.keys()].filter((prompt) => earlier.has(prompt)).slice(0, shownPrompts);
  const prompts = shared.length > 0 ? shared : [...later.keys()].slice(0, shownPrompts);
  const hasBefore = before !== undefined && shared.length > 0 && before.step !== after.step;
  return markup`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Prompt</th>
            ${hasBefore ? markup`<th>Step ${before.step}</th>` : undefined}
            <th>Step ${after.step}</th>
          </tr>
        </thead>
        <tbody>
          ${prompts.map(
            (prompt) =>
              markup`<tr>
                <td><code>${prompt}</code></td>
                ${hasBefore ? cell(earlier.get(prompt)) : undefined}${cell(later.get(prompt))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="caption">✓ earned a reward above 0. Up to ${shownCompletions} completions a prompt; the first ${shownPrompts} prompts.</p>`;
}

function cell(samples: readonly ReportSample[] = []): Html {
  const items = samples
    .slice(0, shownCompletions)
    .map(
      ({ completion, reward }) => markup`<li><code class="${reward > 0 ? 'good' : 'bad'}" title="reward ${label(reward)}">${shortened(completion)}</code></li>`,
    );
  return markup`<td>
    <ul class="completions">
      ${items}
    </ul>
  </td>`;
}

function byPrompt({ samples }: SampleSet): Map<string, ReportSample[]> {
  const groups = new Map<string, ReportSample[]>();
  for (const sample of samples) groups.set(sample.prompt, [...(groups.get(sample.prompt) ?? []), sample]);
  return groups;
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
