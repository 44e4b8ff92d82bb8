/** A weight of one's own: typed, answered as one more row, and trained with. */

import { useSignal } from '@preact/signals';
import { EXPRESSION_FUNCTIONS, EXPRESSION_NAMES } from '../../lens/expression.ts';
import { requestOf } from '../live/choices.ts';
import { useLive } from '../live/live-context.ts';
import { OWN_WEIGHT } from '../live/menu.ts';
import { usePage } from '../state/page-state.ts';
import type { LensState } from './lens-state.ts';

const FIRST = 'advantage * (1 - prob)';

export function OwnWeightEditor({ lens }: { readonly lens: LensState }) {
  const page = usePage();
  const { choices, run } = useLive();
  const text = useSignal(choices.ownWeight.peek() ?? '');
  const problem = lens.problem.value;
  const type = (value: string): void => {
    text.value = value;
    lens.weigh(value);
  };
  const trainWith = (): void => {
    choices.ownWeight.value = text.peek();
    choices.b.value = OWN_WEIGHT;
    page.view.value = 'page';
    run.start(requestOf(choices, page, 'stored'));
  };
  const isReady = lens.own.value !== null && problem === null && text.value.trim() !== '';
  return (
    <form
      class="own-weight"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) trainWith();
      }}
    >
      <label for="own-weight">
        <h3>Your own weight for every token</h3>
      </label>
      <div class="write">
        <input
          id="own-weight"
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder={FIRST}
          value={text.value}
          aria-invalid={problem !== null}
          aria-describedby="own-weight-says"
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
        <button type="submit" class="main" disabled={!isReady}>
          Train with this
        </button>
      </div>
      <p id="own-weight-says" class={problem ? 'trouble' : 'soft'} role="status">
        {problem ? <Pointed text={text.value} {...problem} /> : text.value.trim() === '' ? <Try onTry={() => type(FIRST)} /> : 'It is a row of the table now.'}
      </p>
      <details>
        <summary>What it may say</summary>
        <dl class="words">
          {Object.entries(EXPRESSION_NAMES).map(([name, meaning]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
          {Object.entries(EXPRESSION_FUNCTIONS).map(([name, { gives, takes }]) => (
            <div key={name}>
              <dt>
                <code>
                  {name}({'abc'.slice(0, takes).split('').join(', ')})
                </code>
              </dt>
              <dd>{gives}</dd>
            </div>
          ))}
        </dl>
        <p class="soft">Numbers, + − * / and parentheses join them. The text is parsed, never run as code.</p>
      </details>
    </form>
  );
}

function Try({ onTry }: { readonly onTry: () => void }) {
  return (
    <>
      For example{' '}
      <button type="button" class="link" onClick={onTry}>
        <code>{FIRST}</code>
      </button>
      : push hardest where a good answer was a surprise.
    </>
  );
}

/** The problem, and where in the text it lies. */
function Pointed({ text, message, at, length }: { readonly text: string; readonly message: string; readonly at: number; readonly length: number }) {
  return (
    <>
      <code>
        {text.slice(Math.max(0, at - 12), at)}
        <mark>{text.slice(at, at + Math.max(1, length)) || '␣'}</mark>
      </code>{' '}
      {message}
    </>
  );
}
