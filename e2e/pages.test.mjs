// Every page in every look: nothing wrong for axe, nothing wider than its window.

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { administrator, inspect, launch, person, typeIn, upload, viewer, visit } from './browser.mjs';

const browser = await launch();
after(() => browser.close());

const LOOKS = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 360 },
  { scheme: 'dark', width: 360 },
  // A window of 1280 pixels at four times the size (WCAG 1.4.10); for axe it is as 360.
  { scheme: 'light', width: 320, axe: false },
  // Axe would still compute with our own colours.
  { scheme: 'dark', width: 1280, forced: true, axe: false },
];

for (const look of LOOKS) {
  const kind = `${look.scheme}-${look.width}${look.forced ? '-forced' : ''}`;

  describe(`in ${kind}`, { timeout: 120_000 }, () => {
    it('the door holds, also when it stays shut', () =>
      visit(browser, look, async (page) => {
        await page.goto('/login');
        await inspect(page, `sign-in-${kind}`, look);
        await typeIn(page, { email: viewer.email, password: 'not the password' });
        await page.getByRole('alert').waitFor();
        await inspect(page, `sign-in-failed-${kind}`, look);
      }));

    it('the choice of a company holds', () =>
      visit(browser, { ...look, as: person('initech: Manager', 'acme: Viewer') }, async (page) => {
        await page.goto('/company');
        await inspect(page, `company-${kind}`, look);
      }));

    it('the pages of a company hold', () =>
      visit(browser, { ...look, as: administrator }, async (page) => {
        for (const [name, address] of await pagesOf(page)) {
          await page.goto(address);
          await inspect(page, `${name}-${kind}`, look);
        }
        if (look.width < 1280) return;
        await page.goto('/c/acme');
        await page.getByRole('link', { name: 'Why this number? Hours' }).click();
        await page.getByRole('complementary').waitFor();
        await inspect(page, `drawer-${kind}`, look);
      }));

    it('a file that is refused is explained on a page that holds', () =>
      visit(browser, { ...look, as: administrator }, async (page) => {
        await page.goto('/c/acme/imports');
        await page.getByLabel('Time zone').fill('Mars/Base');
        await upload(page, 'some.csv', 'a,b\n1,2\n');
        await page.getByRole('alert').waitFor();
        await inspect(page, `imports-failed-${kind}`, look);
        await page.getByLabel('Time zone').fill('UTC');
        await upload(page, 'picture.csv', 'a,b\n1,2\n');
        await page.getByText('Nothing of this file was taken in').waitFor();
        await inspect(page, `import-failed-${kind}`, look);
      }));
  });
}

/** Every kind of page that the samples lead to, by name. */
async function pagesOf(page) {
  const first = async (links) => links.first().getAttribute('href');
  await page.goto('/c/acme');
  const why = await first(page.getByRole('link', { name: /^Why this number/ }));
  await page.goto('/c/acme/imports');
  const done = await first(page.getByRole('row').filter({ hasText: 'Done' }).getByRole('link'));
  return [
    ['dashboard', '/c/acme'],
    ['dashboard-empty-month', '/c/acme?period=2019-05'],
    ['why', why],
    ['imports', '/c/acme/imports'],
    ['import', done],
    ['not-found', '/c/acme/nothing'],
  ];
}

describe('a page is there at once', () => {
  it('shows its largest part early and moves nothing afterwards', () =>
    visit(browser, { as: administrator }, async (page) => {
      await page.addInitScript(() => {
        globalThis.seen = { largest: 0, shift: 0 };
        const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
        watch('largest-contentful-paint', (entry) => { globalThis.seen.largest = entry.startTime; });
        watch('layout-shift', (entry) => { globalThis.seen.shift += entry.value; });
      });
      for (const [name, address] of await pagesOf(page)) {
        await page.goto(address, { waitUntil: 'load' });
        await page.waitForFunction(() => globalThis.seen.largest > 0);
        const { largest, shift } = await page.evaluate(() => globalThis.seen);
        assert.ok(largest < 2500, `${name} took ${largest} ms`);
        assert.ok(shift < 0.01, `${name} moved by ${shift}`);
      }
    }));
});
