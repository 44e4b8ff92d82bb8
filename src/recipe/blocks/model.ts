/** Which weights are trained: those of a folder, or fresh ones drawn from the seed. */

import { z } from 'zod';
import { WEIGHT_DTYPES } from '../../model/weight-dtype.ts';
import { about } from '../field.ts';

const count = z.int().min(1);

const initSchema = z.strictObject({
  width: count.meta(about('Width of the residual stream.', 'channels')),
  layers: count.meta(about('Decoder blocks.')),
  heads: count.meta(about('Query heads; the head width is width / heads.')),
  kv_heads: count.nullable().default(null).meta(about('Key and value heads, a divisor of heads; null = heads.')),
  ff_width: count.meta(about('Inner width of the gated feed-forward layer.', 'channels')),
  rope_theta: z.number().positive().default(10_000).meta(about('Base of the rotary position angles.')),
  norm_eps: z.number().positive().default(1e-5).meta(about('Added under the root of each RMS norm.')),
  tie_embeddings: z.boolean().default(true).meta(about('The output head shares the embedding matrix.')),
  embedding_std: z.number().positive().default(0.02).meta(about('Standard deviation of the fresh embedding.')),
});

export const modelSchema = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .meta(about('Folder with config.json, tokenizer.json and model.safetensors; a GGUF file; or a model of the hub, org/name.')),
    revision: z.string().min(1).nullable().default(null).meta(about('Branch, tag or commit of a model of the hub; null = main.')),
    tokenizer: z.string().min(1).nullable().default(null).meta(about("Folder with tokenizer.json; null = the model's own, or the task's.")),
    dtype: z
      .enum(WEIGHT_DTYPES)
      .default('f32')
      .meta(
        about(
          'How the device holds weight matrices: f16 and bf16 take half the memory of f32, q8 (blocks of q8_0) 27 %, q4 (q4_0) 14 %. Blocks of a GGUF file stay as stored under q8 and q4. Anything but f32 is frozen: it is sampled from, or trained through a lora block, which is f32.',
        ),
      ),
    gradient_checkpointing: z
      .boolean()
      .default(false)
      .meta(about('Keep only the input of each block and compute the rest again in the backward pass: less memory, more work, the same bits.')),
    init: initSchema.nullable().default(null).meta(about('Build a fresh model of this shape instead of reading one; its vocabulary is the tokenizer’s.')),
  })
  .prefault({})
  .meta(about('The policy: model.path or model.init.'));
