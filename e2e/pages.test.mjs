// Every page in light and dark, wide and narrow, with and without JavaScript.

import { after, before, it } from 'node:test';
import { ADMINISTRATOR, PARTNER, inspect, launch, open, signIn } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const scheme of ['light', 'dark']) {
  for (const width of [1280, 360]) {
    for (const scripts of [true, false]) {
      const options = { scheme, width, scripts };
      const kind = `${scheme}-${width}${scripts ? '' : '-without-scripts'}`;
      it(`every page holds in ${kind}`, { timeout: 300_000 }, async () => {
        await door(options, kind);
        await rooms(options, kind);
      });
    }
  }
}

/** What is seen before a company is chosen. */
async function door(options, kind) {
  const page = await open(browser, options);
  await page.goto('/login');
  await inspect(page, `sign-in-${kind}`);
  await signIn(page, PARTNER);
  await page.getByRole('heading', { name: 'Choose a company' }).waitFor();
  await inspect(page, `company-${kind}`);
  await page.context().close();
}

/** From the dashboard to what is behind a figure, and to a file that came in. */
async function rooms(options, kind) {
  const page = await open(browser, options);
  await signIn(page, ADMINISTRATOR);
  await inspect(page, `dashboard-${kind}`);

  const why = page.getByRole('link', { name: /^Why this number/ }).first();
  await page.goto(await why.getAttribute('href'));
  await inspect(page, `why-${kind}`);

  await page.getByRole('link', { name: 'Imports' }).click();
  await page.getByRole('heading', { name: 'Imports', exact: true }).waitFor();
  await inspect(page, `imports-${kind}`);

  await page.getByRole('table').getByRole('link', { name: 'acme-sessions.csv' }).click();
  await page.getByRole('heading', { name: 'acme-sessions.csv' }).waitFor();
  await inspect(page, `import-${kind}`);
  await page.context().close();
}
