/**
 * Checks the engine against reference numbers of other implementations.
 *
 *   npm run verify -- models DIR…        folders with a model, inputs and expected outputs
 *   npm run verify -- algorithms FILE…   files of algorithm fixtures, with fixtures.json beside them
 *   npm run verify -- tokenizers DIR…    folders with a tokenizer and cases.json: ids, texts, renderings of chats
 *
 * Exits with 1 if anything missed its tolerance or was not covered.
 */

import { Command, Option } from 'commander';
import { TrainerError } from '../src/base/errors.ts';
import type { Device } from '../src/gpu/device.ts';
import { openDevice } from '../src/gpu/open-device-node.ts';
import { ReferenceDevice } from '../src/gpu/reference-device.ts';
import type { Tier } from '../src/gpu/traits.ts';

interface DeviceChoice {
  readonly device: 'reference' | 'gpu';
  readonly adapter: string;
  readonly tier?: Tier;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function open({ device, adapter, tier }: DeviceChoice): Promise<Device> {
  return device === 'reference' ? new ReferenceDevice() : (await openDevice(adapter, { ...(tier && { tier }) })).device;
}

function withDevice(command: Command): Command {
  return command
    .addOption(new Option('--device <device>', 'float64 on the host, or an adapter').choices(['reference', 'gpu']).default('gpu'))
    .option('--adapter <name>', "auto, lavapipe, swiftshader, or part of an adapter's name", 'auto')
    .addOption(new Option('--tier <tier>', 'force the kernel forms of a tier').choices(['software', 'portable', 'wide']));
}

const program = new Command('verify').description('Check the engine against reference numbers.');

withDevice(program.command('models').argument('<folders...>')).action(async (folders: string[], choice: DeviceChoice) => {
  const { verifyModels } = await import('./verify/models.ts');
  process.exitCode = (await verifyModels(folders, await open(choice), print)) ? 0 : 1;
});

program
  .command('tokenizers')
  .argument('<folders...>')
  .action(async (folders: string[]) => {
    const { verifyTokenizers } = await import('./verify/tokenizers.ts');
    process.exitCode = (await verifyTokenizers(folders, print)) ? 0 : 1;
  });

withDevice(program.command('algorithms').argument('<files...>').option('--only <names>', 'algorithms or case ids, separated by commas')).action(
  async (files: string[], choice: DeviceChoice & { readonly only?: string }) => {
    const { verifyAlgorithms } = await import('./verify/algorithms.ts');
    const precision = choice.device === 'reference' ? 'float64' : 'float32';
    const isGood = await verifyAlgorithms(files, await open(choice), { precision, only: choice.only?.split(',') }, print);
    process.exitCode = isGood ? 0 : 1;
  },
);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof TrainerError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
process.exit();
