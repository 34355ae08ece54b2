// What people do: follow a figure to its source, bring a file in.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ADMINISTRATOR, VIEWER, inspect, launch, open, signIn } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const whyLink = (page) => page.getByRole('link', { name: /^Why this number/ }).first();

describe('why this number?', () => {
  it('leads from a figure to the file and the line that it came in with', async () => {
    const page = await open(browser, { scripts: false });
    await signIn(page, ADMINISTRATOR);
    await whyLink(page).click();
    await page.getByRole('heading', { name: 'The formula' }).waitFor();
    const session = page.getByRole('row').nth(1);
    assert.match(await session.getByRole('cell').last().innerText(), /^[\d,]+$/, 'a line number');
    const file = await session.getByRole('link').innerText();
    await session.getByRole('link').click();
    await page.getByRole('heading', { name: file, level: 1 }).waitFor();
    await page.context().close();
  });

  it('opens beside the dashboard and gives the focus back', async () => {
    const page = await open(browser);
    await signIn(page, ADMINISTRATOR);
    const link = whyLink(page);
    await link.click();
    const drawer = page.getByRole('complementary');
    await drawer.getByRole('heading', { name: 'The formula' }).waitFor();
    await inspect(page, 'why-drawer');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    assert.ok(await link.evaluate((element) => element === document.activeElement), 'the link has the focus');
    await page.context().close();
  });

  it('is closed to those who are not signed in', async () => {
    const page = await open(browser);
    await signIn(page, ADMINISTRATOR);
    const why = await whyLink(page).getAttribute('href');
    await page.context().clearCookies();
    await page.goto(why);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});

describe('an import', () => {
  for (const scripts of [true, false]) {
    const kind = scripts ? 'with scripts' : 'without scripts';

    it(`accounts for every row ${kind}, and stores nothing twice`, { timeout: 180_000 }, async () => {
      const page = await open(browser, { scripts });
      await signIn(page, ADMINISTRATOR);
      const file = sessions(scripts ? 'S' : 'N');
      await upload(page, file);
      assert.deepEqual(await outcomes(page), { Created: 2, Updated: 0, Unchanged: 0, Rejected: 1 });
      await page.getByRole('heading', { name: '1 row was rejected' }).waitFor();
      await upload(page, file);
      assert.deepEqual(await outcomes(page), { Created: 0, Updated: 0, Unchanged: 2, Rejected: 1 });
      await page.context().close();
    });
  }

  it('is listed for those who may only look, but not offered', async () => {
    const page = await open(browser);
    await signIn(page, VIEWER);
    await page.getByRole('link', { name: 'Imports' }).click();
    await page.getByRole('link', { name: 'acme-sessions.csv' }).first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Upload and import' }).count(), 0);
    await page.context().close();
  });
});

/** Two good rows and one whose date is no date. */
function sessions(prefix) {
  const header = 'session_id,session_type,participant_email,volunteer_email,date,duration_min,rating,feedback_text,language_level';
  const row = (number, date) =>
    `E2E-${prefix}-${number},Mentorship,p${number}@example.org,v${number}@example.org,${date},45,4,,`;
  return [header, row(1, '2026-10-01T10:00:00Z'), row(2, '2026-10-02T10:00:00Z'), row(3, 'soon'), ''].join('\n');
}

async function upload(page, text) {
  await page.getByRole('link', { name: 'Imports' }).first().click();
  const file = { name: 'e2e.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
  await page.getByLabel('File', { exact: true }).setInputFiles(file);
  await page.getByRole('button', { name: 'Upload and import' }).click();
  // Until then the page follows the import by itself, with scripts or by loading again.
  await page.getByRole('heading', { name: /3 rows read$/ }).waitFor({ timeout: 60_000 });
}

async function outcomes(page) {
  const counted = {};
  const ledger = page.getByRole('table', { name: 'What became of the rows' });
  for (const name of ['Created', 'Updated', 'Unchanged', 'Rejected']) {
    const row = ledger.getByRole('row', { name: new RegExp(`^${name}`) });
    counted[name] = Number(await row.getByRole('cell').first().innerText());
  }
  return counted;
}
