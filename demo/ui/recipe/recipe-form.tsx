/** The recipe as a form, drawn from the schema: a field to a key, with its explanation. */

import { useMemo } from 'preact/hooks';
import type { Field, RecipeIssue } from '../../../src/browser.ts';

interface RecipeFormProps {
  readonly fields: readonly Field[];
  readonly values: ReadonlyMap<string, string>;
  readonly issues: readonly RecipeIssue[];
  readonly write: (path: string, typed: string) => void;
}

interface Block {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly blocks: readonly Block[];
}

export function RecipeForm({ fields, ...rest }: RecipeFormProps) {
  const root = useMemo(() => blockOf('', fields), [fields]);
  return (
    <div class="recipe-form">
      {root.fields.map((field) => (
        <Key key={field.path} field={field} {...rest} />
      ))}
      {root.blocks.map((block) => (
        <BlockView key={block.name} block={block} {...rest} />
      ))}
    </div>
  );
}

type BlockProps = Omit<RecipeFormProps, 'fields'> & { readonly block: Block };

function BlockView({ block, ...rest }: BlockProps) {
  const written = countWritten(block, rest.values);
  const wrong = rest.issues.some(({ path }) => path === block.name || path.startsWith(`${block.name}.`));
  return (
    <details class="block" open={written > 0 || wrong}>
      <summary>
        <code>{block.name.split('.').at(-1)}</code>
        {written > 0 && <span class="soft"> {written} set</span>}
      </summary>
      {block.fields.map((field) => (
        <Key key={field.path} field={field} {...rest} />
      ))}
      {block.blocks.map((inner) => (
        <BlockView key={inner.name} block={inner} {...rest} />
      ))}
    </details>
  );
}

function Key({ field, values, issues, write }: Omit<RecipeFormProps, 'fields'> & { readonly field: Field }) {
  const { path, description, type, unit } = field;
  const value = values.get(path) ?? '';
  const id = `key-${path.replace(/\W/g, '-')}`;
  const issue = issues.find((each) => each.path === path || each.path === path.replace('.*', '.0'));
  const options = choicesOf(type);
  const common = { id, 'aria-describedby': `${id}-note`, 'aria-invalid': issue !== undefined };
  return (
    <div class="key-row">
      <label for={id}>
        <code>{path.split('.').at(-1)}</code>
      </label>
      {options ? (
        <select {...common} value={value} onChange={({ currentTarget }) => write(path, currentTarget.value)}>
          <option value="">{defaultInWords(field)}</option>
          {[...new Set([...options, ...(value !== '' ? [value] : [])])].map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          spellcheck={false}
          autocomplete="off"
          value={value}
          placeholder={defaultInWords(field)}
          onChange={({ currentTarget }) => write(path, currentTarget.value)}
        />
      )}
      <p id={`${id}-note`} class={issue ? 'trouble' : 'soft'}>
        {issue ? issue.message : `${description} (${type}${unit === undefined ? '' : `, in ${unit}`})`}
      </p>
    </div>
  );
}

/** The values a key can be chosen from, or null where it is typed. */
function choicesOf(type: string): string[] | null {
  if (type === 'true or false') return ['true', 'false'];
  const named = /^one of ([^;]+)$/.exec(type)?.[1];
  return named === undefined ? null : named.split(/, | or /);
}

function defaultInWords(field: Field): string {
  if (!('default' in field)) return 'must be written';
  return typeof field.default === 'string' ? field.default : JSON.stringify(field.default);
}

function countWritten({ fields, blocks }: Block, values: ReadonlyMap<string, string>): number {
  return fields.filter(({ path }) => values.has(path)).length + blocks.reduce((sum, block) => sum + countWritten(block, values), 0);
}

/** Sorts a flat list of fields into the blocks their paths name. */
function blockOf(name: string, fields: readonly Field[]): Block {
  const rest = (path: string): string => (name === '' ? path : path.slice(name.length + 1));
  const [own, inner] = [fields.filter(({ path }) => !isNested(rest(path))), fields.filter(({ path }) => isNested(rest(path)))];
  const names = [...new Set(inner.map(({ path }) => rest(path).split('.')[0]!))];
  return {
    name,
    fields: own,
    blocks: names.map((key) => {
      const full = name === '' ? key : `${name}.${key}`;
      return blockOf(
        full,
        inner.filter(({ path }) => path.startsWith(`${full}.`)),
      );
    }),
  };
}

/** `reward.*.use` stays in the block `reward`. */
function isNested(path: string): boolean {
  return path.includes('.') && !path.startsWith('*.');
}
