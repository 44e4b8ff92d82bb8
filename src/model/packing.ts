/**
 * Sequences packed end to end, without padding. Completions of one prompt share it: the prompt stands once, its
 * completions follow, and each token says which keys it may see.
 *
 *   row     prompt₀ prompt₁ prompt₂ | a₀ a₁ | b₀ b₁ b₂ | next prompt …
 *   a₁ sees prompt₀…prompt₂ (prefix) and a₀ a₁ (own)
 *
 * The last token of a completion is predicted but never fed, so it is not packed.
 */

/** What follows a prompt: `targets` are predicted, all but the last are also fed. */
export interface Continuation {
  readonly targets: ArrayLike<number>;
  /** Fed tokens, one fewer than targets; where absent, `targets` without the last. */
  readonly inputs?: ArrayLike<number>;
  /** Index of the first target in the mini-batch's [B, T] tables. */
  readonly slot: number;
  /** Names the sequence in random draws (dropout), wherever it is packed; the default is `slot`. */
  readonly id?: number;
}

/** A prompt and what follows it. */
export interface PackedGroup {
  readonly prompt: ArrayLike<number>;
  /** Names the prompt in random draws; the default is its place among the groups. */
  readonly id?: number;
  readonly continuations: readonly Continuation[];
}

/** Sums of rows by target: segment s adds rows `order[starts[s]] … order[starts[s + 1] − 1]` into `targets[s]`. */
export interface Segments {
  readonly order: Uint32Array;
  readonly starts: Uint32Array;
  readonly targets: Uint32Array;
}

/** A packed batch, ready to be placed on a device. */
export interface PackedBatch {
  /** N packed tokens and their positions in their own sequences. */
  readonly tokens: Uint32Array;
  readonly positions: Uint32Array;
  /** The sequence of each packed token: ids of prompts have the top bit set. */
  readonly sequences: Uint32Array;
  /** [N, 4]: prefixStart, prefixEnd, ownStart, ownEnd. */
  readonly ranges: Uint32Array;
  /** Row j is seen as a key by rows j … seenUntil[j] − 1. */
  readonly seenUntil: Uint32Array;
  /** J predictions: the packed row that makes it, its target token, and its place in the tables. */
  readonly headRows: Uint32Array;
  readonly targets: Uint32Array;
  readonly slots: Uint32Array;
  /** Packed rows by token, for the embedding's gradient. */
  readonly byToken: Segments;
  /** Predictions by packed row, for the hidden state's gradient. */
  readonly byRow: Segments;
}

/** Tells the ids of prompts from those of completions. */
const PROMPT_BIT = 0x8000_0000;

/** Packs groups in order. Continuations without targets are left out. */
export function packGroups(groups: readonly PackedGroup[]): PackedBatch {
  const tokens: number[] = [];
  const positions: number[] = [];
  const sequences: number[] = [];
  const ranges: number[] = [];
  const seenUntil: number[] = [];
  const headRows: number[] = [];
  const targets: number[] = [];
  const slots: number[] = [];

  for (const [place, { prompt, continuations, id = place }] of groups.entries()) {
    const prefixStart = tokens.length;
    for (let t = 0; t < prompt.length; t++) {
      ranges.push(prefixStart, prefixStart, prefixStart, tokens.length + 1);
      positions.push(t);
      sequences.push(PROMPT_BIT + id);
      tokens.push(prompt[t]!);
    }
    const prefixEnd = tokens.length;
    for (const { targets: predicted, inputs = predicted, slot, id: sequence = slot } of continuations) {
      const ownStart = tokens.length;
      for (let t = 0; t < predicted.length; t++) {
        headRows.push(t === 0 ? prefixEnd - 1 : tokens.length - 1);
        targets.push(predicted[t]!);
        slots.push(slot + t);
        if (t === predicted.length - 1) break;
        ranges.push(prefixStart, prefixEnd, ownStart, tokens.length + 1);
        positions.push(prompt.length + t);
        sequences.push(sequence);
        tokens.push(inputs[t]!);
      }
      for (let row = ownStart; row < tokens.length; row++) seenUntil[row] = tokens.length;
    }
    for (let row = prefixStart; row < prefixEnd; row++) seenUntil[row] = tokens.length;
  }
  return {
    tokens: Uint32Array.from(tokens),
    positions: Uint32Array.from(positions),
    sequences: Uint32Array.from(sequences),
    ranges: Uint32Array.from(ranges),
    seenUntil: Uint32Array.from(seenUntil),
    headRows: Uint32Array.from(headRows),
    targets: Uint32Array.from(targets),
    slots: Uint32Array.from(slots),
    byToken: segmentsOf(tokens),
    byRow: segmentsOf(headRows),
  };
}

/** Groups indices by key, keys ascending and indices in order, so that sums over a segment are reproducible. */
export function segmentsOf(keys: ArrayLike<number>): Segments {
  const order = Array.from(keys, (_, index) => index).sort((a, b) => keys[a]! - keys[b]! || a - b);
  const starts: number[] = [];
  const targets: number[] = [];
  order.forEach((index, place) => {
    if (place === 0 || keys[index] !== keys[order[place - 1]!]) {
      starts.push(place);
      targets.push(keys[index]!);
    }
  });
  starts.push(order.length);
  return { order: Uint32Array.from(order), starts: Uint32Array.from(starts), targets: Uint32Array.from(targets) };
}

/** The segments without the one that sums into `target`. */
export function withoutTarget({ order, starts, targets }: Segments, target: number): Segments {
  const place = targets.indexOf(target);
  if (place < 0) return { order, starts, targets };
  const [first, end] = [starts[place]!, starts[place + 1]!];
  return {
    order: order.filter((_, i) => i < first || i >= end),
    starts: starts.filter((_, i) => i !== place).map((start) => (start > first ? start - (end - first) : start)),
    targets: targets.filter((_, i) => i !== place),
  };
}

/**
 * Splits groups into packs of at most `maxTokens` tokens and `maxRows` continuations. A group may be cut; its prompt
 * is then packed again. A single continuation over the limit is a pack of its own.
 */
export function microBatches(groups: readonly PackedGroup[], maxTokens: number, maxRows = Number.POSITIVE_INFINITY): PackedGroup[][] {
  const packs: PackedGroup[][] = [];
  let pack: { prompt: ArrayLike<number>; continuations: Continuation[] }[] = [];
  let tokens = 0;
  let rows = 0;
  for (const { continuations, ...group } of groups.map((each, place) => ({ id: place, ...each }))) {
    const { prompt } = group;
    let open: { prompt: ArrayLike<number>; continuations: Continuation[] } | null = null;
    for (const continuation of continuations) {
      if (continuation.targets.length === 0) continue;
      const own = continuation.targets.length; // its predictions; one more than its packed tokens, so both stay within the limit
      const needed = own + (open ? 0 : prompt.length);
      if (rows > 0 && (tokens + needed > maxTokens || rows + 1 > maxRows)) {
        packs.push(pack);
        pack = [];
        tokens = 0;
        rows = 0;
        open = null;
      }
      if (!open) {
        open = { ...group, continuations: [] };
        pack.push(open);
        tokens += prompt.length;
      }
      open.continuations.push(continuation);
      tokens += own;
      rows++;
    }
  }
  if (rows > 0) packs.push(pack);
  return packs;
}
