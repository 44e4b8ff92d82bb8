import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './surroundings.ts';

const model = fileURLToPath(new URL('../golden/models/llama', import.meta.url));

let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open();
  await place.train('run.name=kept', 'seed=5');
});
afterAll(() => rm(place.folder, { recursive: true }));

describe('export', () => {
  it('of a model asks for its folder, in the first type of the format', async () => {
    const { code, out, err } = await place.run('export', model, '--format', 'gguf');
    expect({ code, err }).toEqual({ code: 0, err: 'warning: take care.\n' });
    expect(out).toMatch(/^ {2}model\.safetensors {2}2\.0 KiB\nread back and compared on 32 tokens: the same logits\ndone: gguf f16 in .*out\n$/);
    expect(place.seen.at(-1)?.model.path).toBe(model);
    expect(place.exports.at(-1)).toMatchObject({
      storage: { format: 'gguf', type: 'f16' },
      name: 'llama',
      maxShardBytes: 5e9,
      target: { path: join('export', 'llama-f16.gguf'), kind: 'file', force: false },
    });
  });

  it('of a run takes its newest checkpoint, and goes to its folder', async () => {
    const run = join(place.folder, 'make-the-number', 'kept');
    const { code } = await place.run('export', run, '--format', 'peft', '--base', 'org/name', '--force', '--json');
    expect(code).toBe(0);
    expect(place.seen.at(-1)?.model.path).toBe(join(run, 'checkpoints', 'step_4'));
    expect(place.exports.at(-1)).toMatchObject({
      base: 'org/name',
      name: 'kept-step_4',
      target: { path: join(run, 'export', 'kept-step_4-peft'), kind: 'folder', force: true },
    });
  });

  it('of a checkpoint that is not there says which are', async () => {
    const run = join(place.folder, 'make-the-number', 'kept');
    await mkdir(join(run, 'checkpoints', 'step_4'), { recursive: true });
    await writeFile(join(run, 'checkpoints', 'step_4', 'state.json'), '{"version":1,"best":null}');
    const told = async (which: string) => (await place.run('export', run, '--format', 'peft', '--checkpoint', which)).err;
    expect(await told('7')).toMatch(/expected a checkpoint step_7, got none that is whole \(.*\)\. The run has step_4\.\n$/);
    expect(await told('best')).toContain('expected a best checkpoint, got a run that kept none.');
    expect(await told('newest')).toContain('expected --checkpoint latest, best or a step, got newest.');
  });

  it('in a format, type or size that is none ends with 2', async () => {
    const told = async (...words: string[]) => {
      const { code, err } = await place.run('export', model, ...words);
      expect(code).toBe(2);
      return err;
    };
    expect(await told()).toContain('expected --format peft, safetensors, gguf, got none.');
    expect(await told('--format', 'onnx')).toContain('got onnx.');
    expect(await told('--format', 'gguf', '--type', 'bf16')).toContain('expected --type f16 or q8_0 or f32 for gguf, got bf16.');
    expect(await told('--format', 'safetensors', '--max-shard-size', 'big')).toContain('expected --max-shard-size as 500MB or 5GB, got big.');
    expect(place.exports.length).toBe(2);
  });
});
