/** The run worker in a browser that lacks something: the worker's name says what. */

import '../../../src/worker/run-worker.ts';
import { breakThings } from './faults.ts';

breakThings(self.name);
