/** The verbs and options of `entrain`, and what becomes of a command that fails. */

import { totalmem } from 'node:os';
import { Command, CommanderError } from 'commander';
import { printedRecipe } from '../recipe/print.ts';
import { type LoadedRecipe, placed } from '../recipe/read.ts';
import { algorithms } from './algorithms.ts';
import { ask, type AskWords, questionOf, recipeKeysOf, saidIn, temperatureOf, wholeOf, withAskOptions } from './ask.ts';
import { showData } from './data-show.ts';
import type { Engine } from './engine.ts';
import { ownVersion } from './environment-info.ts';
import { evaluate } from './eval.ts';
import { exportPolicyFiles, type ExportWords, readCheckpoint, readSize } from './export.ts';
import { reportFailure } from './failure.ts';
import type { SignalSource } from './interrupts.ts';
import { withKeyFlags } from './key-flags.ts';
import { plan } from './plan.ts';
import { loadRecipe, sortWords } from './recipe-file.ts';
import { sample, type SampleOptions } from './sample.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { train } from './train.ts';

export interface Surroundings {
  readonly terminal: Terminal;
  readonly engine: Engine;
  readonly signals: SignalSource;
  readonly quit: () => void;
  /** Print stacks too. */
  readonly debug: boolean;
}

/** The options a verb was given; absent ones are off. */
interface Options extends ExportWords, AskWords {
  readonly adapter?: string;
  readonly checkpoint?: string;
  readonly quiet?: boolean;
  readonly fresh?: boolean;
  readonly printConfig?: boolean;
  readonly prompts?: string;
  readonly memory?: string;
}

const usageCode = 2;

const EXIT_CODES = `
Exit codes:
  0 done; 1 failed; 2 a fault in the recipe or on the command line;
  4 stopped by a guard; 130 interrupted, after a checkpoint`;

/** Runs one command. Returns the exit code: 0 done, 1 runtime, 2 recipe or usage, 3 preflight, 4 guard, 130 interrupted after a checkpoint. */
export async function run(words: readonly string[], given?: Surroundings): Promise<number> {
  const surroundings = given ?? (await ownSurroundings());
  const { terminal, debug } = surroundings;
  let code = 0;
  const program = programOf(surroundings, (result) => {
    code = result;
  });
  const named = (commands: readonly Command[], word: string | undefined) => commands.find((command) => command.name() === word);
  const group = named(program.commands, words[0]);
  const verb = named(group?.commands ?? [], words[1]) ?? group;
  const takesKeys = verb?.registeredArguments.length === 1;
  const options = new Set(['--help', ...(verb?.options ?? []).flatMap(({ long }) => long ?? [])]);
  try {
    await program.parseAsync(takesKeys ? withKeyFlags(words, options) : words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageCode;
    return reportFailure(error, terminal, { json: words.includes('--json'), debug });
  }
}

async function ownSurroundings(): Promise<Surroundings> {
  const { engineNode } = await import('./engine-node.ts');
  return { terminal: processTerminal(), engine: engineNode, signals: process, quit: () => process.exit(1), debug: process.env['ENTRAIN_DEBUG'] === '1' };
}

function programOf(surroundings: Surroundings, finish: (code: number) => void): Command {
  const { terminal, engine } = surroundings;
  const program = new Command('entrain')
    .description('Entropy-controlled reinforcement learning of language models on WebGPU.')
    .version(ownVersion(), '--version')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(--help lists verbs and options)')
    .addHelpText('after', EXIT_CODES);

  const verb = (name: string, description: string, work: (loaded: LoadedRecipe, options: Options) => Promise<number>, parent = program): Command =>
    common(parent.command(`${name} [words...]`).description(description).usage('[grpo|sft] [recipe.yaml] [key=value…] [options]')).action(
      async (words: string[], options: Options) => {
        if (name === 'sample' && options.model !== undefined) {
          const place = { adapter: options.adapter ?? 'auto', json: options.json ?? false };
          return finish(await ask(questionOf(options.model, words, options), place, surroundings));
        }
        const { loaded, said } = await recipeOf(name, words, options);
        const given = said === null ? options : { prompt: said, ...options };
        finish(options.printConfig ? printConfig(loaded, options, terminal) : await placed(loaded, () => work(loaded, given)));
      },
    );

  verb('train', 'Train as a recipe says; running the same recipe again resumes it.', (loaded, { json = false, quiet = false, fresh = false }) =>
    train(loaded, { json, quiet, fresh }, surroundings),
  )
    .option('--fresh', 'keep an earlier run of this name aside and start over')
    .option('--print-config', 'print the complete recipe with the origin of each value, and stop');
  verb('eval', 'Measure the weights of a recipe, or of a run folder’s newest checkpoint.', (loaded, { json = false, quiet = false }) =>
    evaluate(loaded, { json, quiet }, surroundings),
  );
  withAskOptions(
    verb('sample', 'Show completions and what they earn; or ask a model: sample --model <path> "…"', (loaded, options) =>
      sample(loaded, sampleOptions(options), surroundings),
    ),
  );
  verb('export', 'Write a run’s policy, or a model, for other tools; what was written is read back and compared.', (loaded, options) =>
    exportPolicyFiles(loaded, options, surroundings),
  )
    .usage('[run folder | model folder | model.gguf | recipe.yaml] --format <format> [options]')
    .option('--format <format>', 'peft (the adapter alone), safetensors (merged, as Hugging Face lays it out) or gguf')
    .option('--type <type>', 'safetensors: f32 (default), f16, bf16; gguf: f16 (default), q8_0, f32')
    .option('--checkpoint <which>', 'latest (default), best, or a step')
    .option('--out <path>', 'where to; default export/ in the run’s folder')
    .option('--base <name>', 'what a peft adapter calls its base model')
    .option('--max-shard-size <size>', 'largest safetensors file, as 500MB or 5GB (default)')
    .option('--force', 'replace an earlier export');
  verb('plan', 'Print batch sums, preset and bytes by part; no GPU and no weights needed.', (loaded, { json = false, memory }) =>
    plan(loaded, { json, memory: memory === undefined ? totalmem() : readSize(memory, '--memory') }, surroundings),
  )
    .option('--memory <size>', 'what the device has, as 24GB; default this machine’s own')
    .option('--print-config', 'print the complete recipe with the origin of each value, and stop');
  verb(
    'show',
    'The first prompt as the model reads it, its ids, and what is learned; no GPU needed.',
    (loaded, { json = false }) => showData(loaded, { json }, surroundings),
    program.command('data').description('Look at prompts before a run.'),
  );
  common(program.command('algorithms [name]').description('Presets and methods, a line each; with a name its math, options and source.')).action(
    (name: string | undefined, { json = false }: Options) => {
      finish(algorithms(name, { json }, terminal));
    },
  );
  common(program.command('doctor').description('What this machine offers, and whether it computes rightly.')).action(
    async ({ adapter, json = false }: Options) => {
      finish(await engine.doctor({ json, ...(adapter !== undefined && { adapter }) }, { write: terminal.out }));
    },
  );
  return program;
}

/** The recipe that the words after a verb mean; `sample` also takes something said, and options of its own for recipe keys. */
async function recipeOf(verb: string, words: readonly string[], options: Options): Promise<{ readonly loaded: LoadedRecipe; readonly said: string | null }> {
  const said = verb === 'sample' ? saidIn(words) : null;
  const { overrides, ...rest } = sortWords(words.filter((word) => word !== said));
  const own = verb === 'sample' ? recipeKeysOf(options) : [];
  const adapter = options.adapter === undefined ? [] : [`adapter=${JSON.stringify(options.adapter)}`];
  const use = verb === 'train' ? 'run' : { checkpoint: readCheckpoint(options.checkpoint) };
  return { loaded: await loadRecipe({ ...rest, overrides: [...overrides, ...own, ...adapter] }, use), said };
}

function sampleOptions({ json = false, prompt, prompts, ...options }: Options): SampleOptions {
  return { json, prompt: prompt ?? null, prompts: wholeOf('prompts', prompts, 1) ?? 3, temperature: temperatureOf(options) };
}

function common(command: Command): Command {
  return command
    .option('--adapter <name>', 'part of a GPU adapter’s name, lavapipe, swiftshader or native; default auto')
    .option('--json', 'one JSON object a line on standard output')
    .option('--quiet', 'only errors and the final summary');
}

function printConfig({ located, values, notes }: LoadedRecipe, { json = false }: Options, terminal: Terminal): number {
  terminal.out(json ? `${JSON.stringify({ recipe: values, notes })}\n` : printedRecipe(located, { origins: 'all' }));
  if (!json) for (const note of notes) terminal.err(`note: ${note}\n`);
  return 0;
}
