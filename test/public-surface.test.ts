import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const ENTRIES = ['src/index.ts', 'src/node.ts', 'src/browser.ts'];
const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object };
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
const program = ts.createProgram(
  ENTRIES.map((path) => `${root}${path}`),
  options,
);
const checker = program.getTypeChecker();

function exportsOf(path: string): readonly ts.Symbol[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(`${root}${path}`)!)!;
  return checker.getExportsOfModule(module).map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

function namesOf(symbols: readonly ts.Symbol[], isValue: boolean): string[] {
  return symbols
    .filter(({ flags }) => Boolean(flags & ts.SymbolFlags.Value) === isValue)
    .map(({ name }) => name)
    .toSorted();
}

const shared = exportsOf('src/index.ts');
const onlyNode = exportsOf('src/node.ts').filter((symbol) => !shared.includes(symbol));
const onlyPage = exportsOf('src/browser.ts').filter((symbol) => !shared.includes(symbol));

// A name that goes is a breaking change: say so in CHANGELOG.md.
describe('the public surface', () => {
  it('has these values in every runtime', () => {
    expect(namesOf(shared, true)).toMatchInlineSnapshot(`
      [
        "AdamW",
        "BUILT_IN_REWARDS",
        "DataError",
        "DeviceError",
        "GRPO_OPTIONS",
        "GpuDevice",
        "GuardError",
        "Interrupted",
        "KernelError",
        "Learner",
        "MAKE_THE_NUMBER",
        "MOMENTS",
        "NUMBER_VOCABULARY",
        "PlanningDevice",
        "PolicySampler",
        "PreflightError",
        "Random",
        "RecipeError",
        "ReferenceDevice",
        "StepTables",
        "Tensor",
        "TrainerError",
        "Transformer",
        "VERSION",
        "answerLogProbs",
        "applyOperation",
        "buildPolicy",
        "buildRun",
        "builtInReward",
        "combineRewards",
        "copyRun",
        "countAnswers",
        "covarianceOf",
        "createAlgorithm",
        "createParameters",
        "createRopeTable",
        "createScorer",
        "defineKernel",
        "defineReward",
        "describeRun",
        "entropyLawBand",
        "enumerateAnswers",
        "evaluate",
        "fieldsOf",
        "firstOrderEntropyChange",
        "fitEntropyLaw",
        "initialWeights",
        "isHeldOut",
        "learningRate",
        "loadParameters",
        "loadTokenizer",
        "makeTheNumber",
        "maskedSums",
        "memoryStore",
        "metricChapters",
        "microBatches",
        "moduleReward",
        "noteOfMetric",
        "numberPrompt",
        "openShardedWeights",
        "openWeights",
        "packGroups",
        "parameterCount",
        "parseModelConfig",
        "parseNumberQuestion",
        "parsePrompts",
        "passAtK",
        "planBytes",
        "presets",
        "printedRecipe",
        "promptOrder",
        "promptSet",
        "read",
        "readRecipe",
        "recipeFrom",
        "recipeHash",
        "recipeJsonSchema",
        "recipeSchema",
        "renamed",
        "requestDevice",
        "rowColumn",
        "runRecorder",
        "sftStep",
        "silent",
        "tableOperation",
        "tellAll",
        "tensorOf",
        "train",
        "trainOptions",
        "trainStep",
        "traitsOf",
        "unzipRun",
        "update",
        "verifyNumber",
        "wholeTable",
        "write",
        "writeReport",
        "zipRun",
      ]
    `);
  });

  it('has these types in every runtime', () => {
    expect(namesOf(shared, false)).toMatchInlineSnapshot(`
      [
        "AdamWOptions",
        "Advantages",
        "Algorithm",
        "AlgorithmOptions",
        "AlgorithmState",
        "AnswerOptions",
        "ArraysOf",
        "AskedCompletions",
        "Binding",
        "Bindings",
        "BuildServices",
        "BuiltPolicy",
        "BuiltRun",
        "CombinedRewards",
        "Completion",
        "CompletionSample",
        "Continuation",
        "Device",
        "DeviceRequest",
        "DeviceTraits",
        "Dims",
        "ElementType",
        "EntropyLaw",
        "EntropyPoint",
        "Evaluation",
        "EvaluationSet",
        "EventRow",
        "Field",
        "FinishReason",
        "Group",
        "GuardOptions",
        "HostArray",
        "Kernel",
        "LawBand",
        "LearnerLimits",
        "Llama3RopeScaling",
        "LoadedRecipe",
        "MemoryUse",
        "Message",
        "MethodOptions",
        "MetricChapter",
        "MetricNote",
        "MetricSchema",
        "MetricsRow",
        "MiniBatch",
        "ModelConfig",
        "ModelFamily",
        "ModelSource",
        "Needs",
        "NumberQuestion",
        "NumberTask",
        "NumberVerdict",
        "PackedBatch",
        "PackedGroup",
        "Parameter",
        "Parameters",
        "PlannedPart",
        "Preset",
        "Progress",
        "Prompt",
        "PromptOrder",
        "PromptSet",
        "Recipe",
        "RecipeInput",
        "RecipeIssue",
        "RecipeSource",
        "RecipeValues",
        "RecorderOptions",
        "Reward",
        "RewardKind",
        "RewardRow",
        "RewardShape",
        "Rollout",
        "RolloutBatch",
        "RunDescription",
        "RunInfo",
        "RunObserver",
        "RunStore",
        "SamplerLimits",
        "SamplingOptions",
        "Schedule",
        "ScoredRollout",
        "Scorer",
        "SftRun",
        "StepResult",
        "StepSettings",
        "SumColumns",
        "TableOperation",
        "TableView",
        "TensorsOf",
        "Tier",
        "TokenMoments",
        "TokenSlopes",
        "TokenStats",
        "Tokenizer",
        "Tolerance",
        "TrainJob",
        "TrainOptions",
        "TrainSummary",
        "TrainingRun",
        "TransformerLimits",
        "Update",
        "UpdateReport",
        "WeightedReward",
        "Weights",
      ]
    `);
  });

  it('has these names more under Node and Deno', () => {
    expect(onlyNode.map(({ name }) => name).toSorted()).toMatchInlineSnapshot(`
      [
        "AdapterChoice",
        "AdapterKind",
        "ExportFormat",
        "ExportPlace",
        "ExportRequest",
        "ExportStorage",
        "ExportTarget",
        "Exported",
        "LogitDistance",
        "ModelFolder",
        "OpenedAdapter",
        "OpenedDevice",
        "RunFolder",
        "RunFolderRequest",
        "TrainRecipe",
        "exportPolicy",
        "loadRewardModule",
        "nodeServices",
        "nodeStore",
        "openAdapter",
        "openDevice",
        "openExportPlace",
        "openFinishedRun",
        "openModelFolder",
        "openRunFolder",
        "openTokenizer",
        "readModelConfig",
        "readPrompts",
        "trainRecipe",
      ]
    `);
  });

  it('has these names more in a page', () => {
    expect(onlyPage.map(({ name }) => name).toSorted()).toMatchInlineSnapshot(`
      [
        "BrowserAdapter",
        "FromWorker",
        "OpenedBrowserDevice",
        "OpenedRun",
        "PageFilesOptions",
        "PageObserver",
        "PageRecipeOptions",
        "PageRun",
        "PlainError",
        "RunPlace",
        "RunRequest",
        "ToWorker",
        "browserServices",
        "handleStore",
        "inRunPlace",
        "openBrowserDevice",
        "openOpfsStore",
        "plainError",
        "readPageRecipe",
        "runRequest",
        "startRun",
        "writeChosenRun",
      ]
    `);
  });

  it('says at each name what it is', () => {
    const silent = [...shared, ...onlyNode, ...onlyPage].filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
    expect(silent.map((symbol) => `${symbol.declarations?.[0]?.getSourceFile().fileName.slice(root.length)}: ${symbol.name}`)).toEqual([]);
  });
});
