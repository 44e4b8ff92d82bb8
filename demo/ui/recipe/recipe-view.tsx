/** The recipe: a form and its YAML side by side, each following the other. */

import '../../style/recipe.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { chooseTask, recipeTextOf } from '../live/choices.ts';
import { useLive } from '../live/live-context.ts';
import { checkRecipe, prepareSchema, type RecipeCheck } from './recipe-check.ts';
import { RecipeForm } from './recipe-form.tsx';
import { withValue, writtenValues } from './recipe-text.ts';

/** Typing is checked when it rests for so long. */
const REST_MS = 200;

export function RecipeView() {
  const { choices } = useLive();
  const fields = useMemo(prepareSchema, []);
  const text = useSignal(recipeTextOf(choices));
  const check = useSignal<RecipeCheck>({ issues: [], notes: [] });
  useEffect(() => {
    const timer = setTimeout(() => {
      void checkRecipe(text.peek()).then((result) => (check.value = result));
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  const values = useMemo(
    () =>
      writtenValues(
        text.value,
        fields.map(({ path }) => path),
      ),
    [text.value, fields],
  );
  const change = (next: string): void => {
    text.value = next;
    choices.recipeText.value = next;
  };
  const reset = (): void => {
    chooseTask(choices, choices.task.peek());
    text.value = recipeTextOf(choices);
  };
  const { issues, notes } = check.value;
  return (
    <section class="recipe" aria-labelledby="recipe-title">
      <h2 id="recipe-title">The recipe both sides begin from</h2>
      <p class="soft">
        Say only what differs from the defaults. A and B add their variant to it, and the controls set learning rate and seeds. The same text trains in Node:{' '}
        <code>npx entrain train recipe.yaml</code>.
      </p>
      <div class="recipe-columns">
        <RecipeForm fields={fields} values={values} issues={issues} write={(path, typed) => change(withValue(text.peek(), path, typed) ?? text.peek())} />
        <div class="recipe-yaml">
          <label for="recipe-yaml">
            <h3>recipe.yaml</h3>
          </label>
          <textarea
            id="recipe-yaml"
            spellcheck={false}
            value={text.value}
            rows={24}
            aria-invalid={issues.length > 0}
            aria-describedby="recipe-says"
            onInput={({ currentTarget }) => change(currentTarget.value)}
          />
          <div id="recipe-says" role="status">
            {issues.map(({ path, message, at }) => (
              <p class="trouble" key={`${path}${message}`}>
                {[at, path].filter(Boolean).join(' ')}: {message}
              </p>
            ))}
            {issues.length === 0 && <p class="soft">The recipe is complete.</p>}
            {notes.map((note) => (
              <p class="soft" key={note}>
                {note}
              </p>
            ))}
          </div>
          <button type="button" class="plain" onClick={reset}>
            Back to the task’s own recipe
          </button>
        </div>
      </div>
    </section>
  );
}
