/** Uses the page as a person does while it trains, changing nothing that is trained. */

import type { Page } from 'playwright';

export async function exercise(page: Page): Promise<void> {
  const playhead = page.locator('.timeline input');
  await playhead.focus();
  for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'PageUp', 'ArrowLeft', 'End']) await page.keyboard.press(key);
  await page.getByRole('button', { name: 'Next prompt', exact: true }).click();
  await page.getByRole('button', { name: 'Previous prompt', exact: true }).click();
  await hoverAcross(page, '.river');
  await page.getByRole('combobox', { name: 'coloured by' }).selectOption('covariance');
  await page.locator('.completions .token').first().focus();
  for (let i = 0; i < 24; i++) await page.keyboard.press(i % 6 === 5 ? 'ArrowDown' : 'ArrowRight');
  await hoverAcross(page, '.completions .completion');
  await page.getByRole('button', { name: 'Lens', exact: true }).click();
  await page.locator('.variants').waitFor();
  await page.locator('#own-weight').pressSequentially('advantage * (1 - prob)');
  await page.locator('#own-weight').fill('');
  await page.getByRole('button', { name: 'Lens', exact: true }).click();
  await playhead.focus();
  await page.keyboard.press('End');
}

async function hoverAcross(page: Page, selector: string): Promise<void> {
  const box = await page.locator(selector).first().boundingBox();
  if (box) for (let i = 0; i <= 20; i++) await page.mouse.move(box.x + (box.width * i) / 20, box.y + box.height / 2);
}
