/** Where a run lives on disk. */

import { z } from 'zod';
import { about } from '../field.ts';

const pathPart = z.string().regex(/^[\w][\w.+-]*$/, { error: 'letters, digits, “.”, “_”, “+” and “-”, beginning with a letter or digit' });

export const runSchema = z
  .strictObject({
    project: pathPart.default('default').meta(about('Folder that gathers the runs of one project.')),
    name: pathPart.nullable().default(null).meta(about('Folder of this run; null takes the name of the recipe file.')),
    dir: z.string().min(1).default('runs').meta(about('Folder that holds the projects: <dir>/<project>/<name>.')),
  })
  .prefault({})
  .meta(about('Where the run is kept. Running the same recipe again resumes it.'));
