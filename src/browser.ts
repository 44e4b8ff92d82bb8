/** The public surface in a page: all of `entrain`, and what runs a recipe in a worker and keeps it in the browser's storage. */

export * from './index.ts';

export { type BrowserAdapter, openBrowserDevice, type OpenedBrowserDevice } from './gpu/open-device-browser.ts';
export { type PageFilesOptions } from './recipe/page-files.ts';
export { browserServices } from './recipe/services-browser.ts';
export { handleStore, openOpfsStore } from './trainer/run-store-opfs.ts';
export { writeChosenRun } from './trainer/run-archive.ts';
export { type PageRecipeOptions, readPageRecipe, runRequest } from './worker/page-recipe.ts';
export { plainError } from './worker/plain-error.ts';
export { inRunPlace, type RunPlace } from './worker/run-place.ts';
export { type FromWorker, type OpenedRun, type PlainError, type RunRequest, type ToWorker } from './worker/protocol.ts';
export { type PageObserver, type PageRun, startRun } from './worker/run-client.ts';
