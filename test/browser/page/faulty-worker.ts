/** The run worker in a browser that lacks something: the worker's name says what. */

import './faults.ts';
import '../../../src/worker/run-worker.ts';
