/** Cuts a batch of prompts into waves that fit the key-value cache. */

/** Completions `first … first + count − 1` of one prompt. */
export interface WaveEntry {
  readonly prompt: number;
  readonly first: number;
  readonly count: number;
}

export interface WaveLimits {
  readonly maxRows: number;
  readonly maxPromptTokens: number;
}

/** Waves in prompt order; a group larger than a wave is cut, and its prompt fed again. What is drawn does not depend on the cuts. */
export function wavesOf(promptLengths: readonly number[], n: number, { maxRows, maxPromptTokens }: WaveLimits): WaveEntry[][] {
  const waves: WaveEntry[][] = [];
  let wave: WaveEntry[] = [];
  let rows = 0;
  let tokens = 0;
  promptLengths.forEach((length, prompt) => {
    for (let first = 0; first < n;) {
      if (wave.length > 0 && (rows === maxRows || tokens + length > maxPromptTokens)) {
        waves.push(wave);
        wave = [];
        rows = 0;
        tokens = 0;
      }
      const count = Math.min(n - first, maxRows - rows);
      wave.push({ prompt, first, count });
      rows += count;
      tokens += length;
      first += count;
    }
  });
  if (wave.length > 0) waves.push(wave);
  return waves;
}
