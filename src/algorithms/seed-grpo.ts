/**
 * SEED-GRPO: prompts whose completions give many different answers count less.
 *
 *   clusters = equal answers (a completion without one is its own)      mass = Σ e^{mean log-prob} of the cluster / Σ of the group
 *   H = −Σ mass · ln mass        A ← A / (1 + (alpha / ln G) · H)
 *
 * @source Chen et al. 2025, arXiv:2505.12346, in the form of liv-daliberti/maxent-grpo. Departures: a completion without tokens has no
 *   mass (one release gives it the largest); a group of one is left alone.
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import { exp, log } from '../base/exponential.ts';
import type { Method } from './method.ts';
import { rowMeansOver } from './stages/segments.ts';

export const seedGrpoBlock = z
  .strictObject({ alpha: z.number().min(0).default(0.0417).meta({ description: 'How strongly semantic entropy lowers the advantages.' }) })
  .nullable()
  .default(null)
  .meta({ description: 'Lower the advantages of prompts whose answers scatter.' });

/** `countsEmptyRows`: as one release has it, the mean log-prob of a completion without tokens is 0, the largest there is. */
export function seedGrpo({ alpha }: { readonly alpha: number }, { countsEmptyRows = false }: { readonly countsEmptyRows?: boolean } = {}): Method {
  return {
    name: 'seed_grpo',
    needs: { tables: true, answerKeys: true },
    advantage({ batch, values, metrics }) {
      const { tables, groups, answerKeys, lengths, rows } = batch;
      if (!tables || !answerKeys) throw new DataError('seed_grpo: expected old log-probs and answer keys, got none. Use a reward that extracts answers.');
      const means = rowMeansOver(tables.oldLogProbs, tables.responseMask, rows, tables.T);
      let [entropies, scales] = [0, 0];
      for (const group of groups) {
        const own = group.rows.filter((row) => countsEmptyRows || lengths[row]! > 0);
        const entropy = semanticEntropy(
          own.map((row) => means[row]!),
          own.map((row) => answerKeys[row]!),
        );
        const scale = seedScale(entropy, group.rows.length, alpha);
        for (const row of group.rows) values[row]! *= scale;
        entropies += entropy / groups.length;
        scales += scale / groups.length;
      }
      metrics['seed_grpo/semantic_entropy_mean'] = entropies;
      metrics['seed_grpo/advantage_scale_mean'] = scales;
    },
  };
}

/** −Σ mass · ln mass over clusters of equal answers. */
export function semanticEntropy(meanLogProbs: readonly number[], answers: readonly (string | null)[]): number {
  const masses = new Map<string | number, number>();
  meanLogProbs.forEach((logProb, i) => {
    const cluster = answers[i] ?? i;
    masses.set(cluster, (masses.get(cluster) ?? 0) + exp(logProb));
  });
  const total = [...masses.values()].reduce((sum, mass) => sum + mass, 0);
  return 0 - [...masses.values()].reduce((sum, mass) => sum + (mass === 0 ? 0 : (mass / total) * log(mass / total)), 0);
}

/** 1 / (1 + (alpha / ln G) · H); 1 for a group of one. */
export function seedScale(entropy: number, groupSize: number, alpha: number): number {
  return groupSize < 2 ? 1 : 1 / (1 + (alpha / log(groupSize)) * entropy);
}
