/** How far two policies are apart on one text. */

/** Over the positions of a text. */
export interface LogitDistance {
  /** Largest difference of a logit. */
  readonly logit: number;
  /** Mean of KL(first ‖ second), in nats a token. */
  readonly kl: number;
  /** Share of positions at which both hold the same token most likely. */
  readonly sameBest: number;
}

/** @param width logits of a position */
export function logitDistance(first: Float32Array, second: Float32Array, width: number): LogitDistance {
  const rows = first.length / width;
  let [logit, kl, same] = [0, 0, 0];
  for (let start = 0; start < first.length; start += width) {
    const [p, q] = [first.subarray(start, start + width), second.subarray(start, start + width)];
    const [logP, logQ] = [logNormaliser(p), logNormaliser(q)];
    for (let i = 0; i < width; i++) {
      // A difference that is no number must not pass for none.
      const apart = Math.abs(p[i]! - q[i]!);
      if (!(apart <= logit)) logit = Number.isNaN(apart) ? Infinity : apart;
      const own = p[i]! - logP;
      kl += Math.exp(own) * (own - (q[i]! - logQ));
    }
    if (bestOf(p) === bestOf(q)) same++;
  }
  return { logit, kl: Math.max(0, kl / rows), sameBest: same / rows };
}

function logNormaliser(row: Float32Array): number {
  const most = row.reduce((largest, value) => Math.max(largest, value), -Infinity);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

function bestOf(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}
