// Every page in light and dark, wide and narrow, with and without JavaScript.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect, launch, open, signIn } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const scheme of ['light', 'dark']) {
  for (const width of [1280, 360]) {
    for (const scripts of [true, false]) {
      const kind = `${scheme}-${width}${scripts ? '' : '-without-scripts'}`;
      it(`every page holds in ${kind}`, { timeout: 180_000 }, () => walk({ scheme, width, scripts }, kind));
    }
  }
}

/** The way of a person from the door to the line of a file behind a figure. */
async function walk(options, kind) {
  const page = await open(browser, options);
  try {
    const visit = (name) => inspect(page, `${name}-${kind}`);
    await signIn(page, { visit });
    await visit('dashboard');
    const dashboard = page.url();

    const why = await page.getByRole('link', { name: /^Why this number/ }).first().getAttribute('href');
    await page.goto(why);
    await visit('why');

    await page.goto(dashboard);
    await page.getByRole('link', { name: 'Imports' }).click();
    await page.getByRole('heading', { name: 'Imports', exact: true }).waitFor();
    await visit('imports');

    await page.getByRole('table').getByRole('link').first().click();
    await page.getByRole('heading', { name: /Rows in|imported|rows/i }).first().waitFor();
    await visit('import');
  } finally {
    await page.context().close();
  }
}

describe('why this number?', () => {
  it('leads from a figure to the file and the line that it came in with', async () => {
    const page = await open(browser, { scripts: false });
    await signIn(page);
    await page.getByRole('link', { name: /^Why this number/ }).first().click();
    await page.getByRole('heading', { name: 'The formula' }).waitFor();
    const session = page.getByRole('row').nth(1);
    assert.match(await session.getByRole('cell').last().innerText(), /^\d+$/, 'a line number');
    const file = await session.getByRole('link').innerText();
    await session.getByRole('link').click();
    await page.getByRole('heading', { name: file, level: 1 }).waitFor();
    await page.context().close();
  });

  it('is closed to those who are not signed in', async () => {
    const page = await open(browser);
    await signIn(page);
    const link = page.getByRole('link', { name: /^Why this number/ }).first();
    const why = await link.getAttribute('href');
    await page.context().clearCookies();
    await page.goto(why);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});
