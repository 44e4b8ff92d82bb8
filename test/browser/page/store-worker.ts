import { openOpfsStore } from '../../../src/browser.ts';
import { checkStore } from '../store-contract.ts';

openOpfsStore('contract-worker')
  .then(checkStore)
  .then(
    (faults) => postMessage(faults),
    (error: unknown) => postMessage([String(error)]),
  );
