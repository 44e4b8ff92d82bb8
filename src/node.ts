/** The public surface under Node and Deno: all of `entrain`, and what opens devices, folders and files. */

export * from './index.ts';

export { type AdapterChoice, type AdapterKind, openAdapter, type OpenedAdapter } from './gpu/adapter-node.ts';
export { openDevice, type OpenedDevice } from './gpu/open-device-node.ts';
export { type ModelFolder, openModelFolder, readModelConfig } from './model/weights-node.ts';
export { openTokenizer } from './tokenizer/tokenizer-node.ts';
export { readPrompts } from './data/jsonl-node.ts';
export { loadRewardModule } from './rewards/module-node.ts';
export { openFinishedRun, openRunFolder, type RunFolder, type RunFolderRequest } from './trainer/run-folder-node.ts';
export { nodeStore } from './trainer/run-store-node.ts';
export { nodeServices } from './recipe/services-node.ts';
export { trainRecipe, type TrainRecipe } from './recipe/run-node.ts';
export { type Exported, exportPolicy, type ExportPlace, type ExportRequest } from './recipe/export.ts';
export { type ExportFormat, type ExportStorage } from './recipe/export-files.ts';
export { type ExportTarget, openExportPlace } from './recipe/export-place-node.ts';
export { type LogitDistance } from './recipe/logit-distance.ts';
