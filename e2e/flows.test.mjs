// What people do: come in, choose, look, ask why, bring a file, go.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { figures, headline, launch, manager, person, sample, signIn, typeIn, upload, viewer, visit } from './browser.mjs';

const twice = person('initech: Manager', 'acme: Viewer');
const everywhere = person('every company: System administrator');

const browser = await launch();
after(() => browser.close());

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);
const pathOf = (page) => new URL(page.url()).pathname;

for (const scripts of [true, false]) {
  const flow = (name, login, test) =>
    it(name, { timeout: 60_000 }, () =>
      visit(browser, { scripts, as: login }, async (page) => {
        if (login) await page.goto('/');
        await test(page);
      }));

  describe(`coming in ${scripts ? 'with' : 'without'} scripts`, () => {
    flow('a wrong password is told, and the address stays typed in', null, async (page) => {
      await page.goto('/login');
      await typeIn(page, { email: viewer.email, password: 'not the password' });
      const problem = page.getByRole('alert');
      await problem.getByText('E-mail address and password do not belong together.').waitFor();
      assert.match(await page.title(), /^Error: /);
      assert.equal(await page.getByLabel('E-mail address').inputValue(), viewer.email);
      assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
      if (scripts) assert.ok(await isFocused(problem));
    });

    flow('whoever asks for a page signs in first and is led back to it', null, async (page) => {
      await page.goto('/c/acme/imports');
      await page.getByText('Sign in to see this page.').waitFor();
      await typeIn(page, viewer);
      await headline(page).getByText('Imports').waitFor();
      assert.equal(pathOf(page), '/c/acme/imports');
    });

    flow('after logging out nothing can be seen', null, async (page) => {
      await signIn(page, viewer);
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByText('You are signed out.').waitFor();
      await page.goto('/c/acme');
      assert.equal(pathOf(page), '/login');
    });

    flow('a session that is gone leads to the sign-in page, also from a form', manager, async (page) => {
      await page.goto('/c/acme/imports');
      await page.context().clearCookies();
      await upload(page, 'some.csv', 'a');
      await page.getByText('Sign in to see this page.').waitFor();
    });

    flow('one company is chosen at once, and there is no other to change to', viewer, async (page) => {
      assert.equal(pathOf(page), '/c/acme');
      assert.equal(await page.getByRole('link', { name: 'Change company' }).count(), 0);
    });

    flow('of two companies one is chosen, and the rights are those held there', null, async (page) => {
      await signIn(page, twice);
      await headline(page).getByText('Choose a company').waitFor();
      await page.getByRole('button', { name: /^Acme\s*Viewer$/ }).click();
      await page.getByRole('link', { name: 'Imports' }).click();
      await headline(page).getByText('Imports').waitFor();
      assert.equal(await page.getByLabel('File', { exact: true }).count(), 0);
      await page.getByRole('link', { name: 'Change company' }).click();
      await page.getByRole('button', { name: /^Initech\s*Manager$/ }).click();
      await page.getByRole('link', { name: 'Imports' }).click();
      await page.getByLabel('File', { exact: true }).waitFor();
      assert.equal(pathOf(page), '/c/initech/imports');
    });

    flow('who runs the system may choose every company', null, async (page) => {
      await signIn(page, everywhere);
      await headline(page).getByText('Choose a company').waitFor();
      assert.equal(await page.getByRole('button', { name: /System administrator$/ }).count(), 3);
      await page.getByRole('button', { name: /^Globex/ }).click();
      await headline(page).getByText('Globex').waitFor();
    });

    flow('the company of others looks as one that does not exist', viewer, async (page) => {
      const seen = [];
      for (const address of ['/c/globex', '/c/nobody']) {
        const answer = await page.goto(address);
        const text = await page.getByRole('main').innerText();
        seen.push([answer.status(), text.replace(/Request id: .*/, '')]);
      }
      assert.equal(seen[0][0], 404);
      assert.deepEqual(seen[0], seen[1]);
    });
  });

  describe(`the dashboard ${scripts ? 'with' : 'without'} scripts`, () => {
    flow('shows the figures that the system counted, for a month, a quarter and a year', viewer, async (page) => {
      await page.goto('/c/acme?period=2026-05');
      await agrees(page, '2026-05');
      await page.getByRole('link', { name: 'Quarter', exact: true }).click();
      await page.getByText('April to June 2026', { exact: true }).first().waitFor();
      await agrees(page, '2026-Q2');
      await page.getByRole('link', { name: 'Year to date', exact: true }).click();
      await page.waitForURL(/period=2026-YTD$/);
      await agrees(page, '2026-YTD');
    });

    flow('goes to the month before and back, and to one that is picked', viewer, async (page) => {
      await page.goto('/c/acme?period=2026-05');
      await page.getByRole('link', { name: 'Earlier: April 2026' }).click();
      await page.waitForURL(/period=2026-04$/);
      await page.getByRole('link', { name: 'Later: May 2026' }).click();
      await page.waitForURL(/period=2026-05$/);
      await page.getByRole('combobox', { name: 'Period' }).selectOption({ label: 'February 2026' });
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.waitForURL(/period=2026-02$/);
      await agrees(page, '2026-02');
    });

    flow('does not compare with months from before the data', viewer, async (page) => {
      await page.goto('/c/acme?period=2025-11');
      await page.getByText('The data begin in November 2025, too late for a comparison').waitFor();
      assert.equal(await page.locator('.figure .change').count(), 0);
      assert.equal(await page.getByRole('link', { name: /^Earlier/ }).count(), 0);
    });

    flow('draws the numbers that its table tells', viewer, async (page) => {
      const chart = page.getByRole('figure');
      await chart.getByText('Show the numbers as a table').click();
      const drawn = await chart.locator('svg .value').allTextContents();
      const told = await chart.getByRole('table').getByRole('cell').allInnerTexts();
      assert.equal(drawn.length, 12);
      assert.deepEqual(drawn, told);
    });

    flow('leads from every figure to the same figure with its reasons', viewer, async (page) => {
      await page.goto('/c/acme?period=2026-05');
      const shown = await page.locator('.figure .amount b').allInnerTexts();
      const links = await page.getByRole('link', { name: /^Why this number/ }).all();
      const addresses = await Promise.all(links.map((link) => link.getAttribute('href')));
      assert.equal(addresses.length, 5);
      for (const [index, address] of addresses.entries()) {
        await page.goto(address);
        assert.equal(await page.locator('.amount b').innerText(), shown[index]);
      }
    });
  });

  describe(`imports ${scripts ? 'with' : 'without'} scripts`, () => {
    flow('the same sample again creates nothing, and its progress is seen to the end', person('globex: Manager'), async (page) => {
      await page.getByRole('link', { name: 'Imports' }).click();
      await upload(page, 'globex-language.csv', await sample('globex-language.csv'));
      await headline(page).getByText('globex-language.csv').waitFor();
      // Without scripts the page loads itself again.
      await page.getByText(/= [\d,]+: every row is accounted for/).waitFor();
      const row = (name) => page.getByRole('row', { name }).getByRole('cell').first().innerText();
      assert.equal(await row(/^Created/), '0');
      assert.notEqual(await row(/^Unchanged/), '0');
      assert.equal(await page.getByRole('button', { name: 'Pause updates' }).count(), 0);
    });

    flow('every row is accounted for, and the second time nothing is stored', person('initech: Administrator'), async (page) => {
      const file = sessions(scripts ? 'S' : 'N');
      for (const expected of [['2', '0', '0', '1'], ['0', '0', '2', '1']]) {
        await page.goto('/c/initech/imports');
        await upload(page, 'three.csv', file);
        await page.getByRole('heading', { name: '3 rows read' }).waitFor();
        const rows = await Promise.all(['Created', 'Updated', 'Unchanged', 'Rejected'].map((name) =>
          page.getByRole('row', { name: new RegExp(`^${name}`) }).getByRole('cell').first().innerText()));
        assert.deepEqual(rows, expected);
        await page.getByRole('heading', { name: '1 row was rejected' }).waitFor();
      }
    });

    flow('the rejected rows come as a file that says what is wrong with each', manager, async (page) => {
      await page.goto('/c/acme/imports');
      await page.getByRole('row').filter({ hasText: 'acme-sessions.csv' }).getByRole('link').last().click();
      const rejected = page.getByRole('region', { name: 'Rejected rows' }).getByRole('row');
      const lines = new Set((await rejected.getByRole('rowheader').allInnerTexts()).map((line) => line.replace(',', '')));
      const waiting = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download all rejected rows (CSV)' }).click();
      const download = await waiting;
      assert.match(download.suggestedFilename(), /acme-sessions.*\.csv$/);
      const text = await readFile(await download.path(), 'utf8');
      for (const code of ['E001', 'E003', 'E007']) {
        if (await rejected.filter({ hasText: code }).count()) assert.ok(text.includes(code), code);
      }
      for (const line of lines) assert.ok(text.includes(line), `line ${line}`);
    });

    flow('a file of another kind is refused with what to do, and nothing of it is kept', manager, async (page) => {
      await page.goto('/c/acme/imports');
      await upload(page, 'other.csv', 'name,colour\nfox,red\n');
      await page.getByText(/^Missing columns: /).waitFor();
      await page.getByText('Nothing of this file was taken in').waitFor();
    });

    flow('a setting that is wrong is shown beside its field, and kept', manager, async (page) => {
      await page.goto('/c/acme/imports');
      await page.getByLabel('Time zone').fill('Mars/Base');
      await upload(page, 'other.csv', 'a');
      await page.getByRole('alert').getByText('There is no such time zone.').waitFor();
      assert.equal(await page.getByLabel('Time zone').inputValue(), 'Mars/Base');
      assert.equal(await page.getByLabel('Time zone').getAttribute('aria-invalid'), 'true');
    });
  });
}

describe('a form', () => {
  it('of an earlier session is not taken', () =>
    visit(browser, { as: manager }, async (page) => {
      await page.goto('/c/acme/imports');
      await page.locator('form.upload [name=csrf_token]').evaluate((field) => { field.value = 'of another session'; });
      await upload(page, 'some.csv', 'a');
      await headline(page).getByText('This form is no longer valid').waitFor();
    }));
});

describe('why this number?', () => {
  it('leads from a figure to the file and the line that it came in with', () =>
    visit(browser, { scripts: false, as: viewer }, async (page) => {
      await page.goto('/c/acme');
      await page.getByRole('link', { name: 'Why this number? Sessions' }).click();
      await page.getByRole('heading', { name: 'The formula' }).waitFor();
      const session = page.getByRole('row').nth(1);
      const line = Number((await session.getByRole('cell').last().innerText()).replace(',', ''));
      const rows = (await sample('acme-sessions.csv')).toString('utf8').split('\n');
      assert.match(rows[line - 1], /,(language|mentor)/i, `line ${line} of the file is a session`);
      const file = await session.getByRole('link').innerText();
      await session.getByRole('link').click();
      await headline(page).getByText(file, { exact: true }).waitFor();
    }));

  it('opens beside the dashboard by keyboard, and gives the focus back', () =>
    visit(browser, { as: viewer }, async (page) => {
      await page.goto('/c/acme');
      const link = page.getByRole('link', { name: 'Why this number? Volunteers' });
      for (let press = 0; press < 30 && !(await isFocused(link)); press += 1) await page.keyboard.press('Tab');
      assert.ok(await isFocused(link), 'the link is reached by Tab');
      await page.keyboard.press('Enter');
      const drawer = page.getByRole('complementary');
      await drawer.waitFor();
      assert.ok(await isFocused(drawer.getByRole('heading').first()));
      assert.equal(await link.getAttribute('aria-expanded'), 'true');
      await page.keyboard.press('Tab');
      assert.ok(await isFocused(drawer.getByRole('button', { name: 'Close' })));
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'detached' });
      assert.ok(await isFocused(link));
      assert.equal(await link.getAttribute('aria-expanded'), 'false');
    }));

  it('is a page of its own where there is no room beside', () =>
    visit(browser, { width: 360, as: viewer }, async (page) => {
      await page.goto('/c/acme');
      await page.getByRole('link', { name: 'Why this number? Hours' }).click();
      await headline(page).getByText('Hours, ').waitFor();
    }));

  it('is closed to those who are not signed in', () =>
    visit(browser, { as: viewer }, async (page) => {
      await page.goto('/c/acme');
      const why = await page.getByRole('link', { name: /^Why this number/ }).first().getAttribute('href');
      await page.context().clearCookies();
      await page.goto(why);
      await headline(page).getByText('Sign in').waitFor();
    }));
});

/** The five figures of the page, against what the system announced for the period. */
async function agrees(page, period) {
  const amount = async (measure) => {
    const text = await page.locator(`#figure-${measure} .amount b`).innerText();
    return Number(text.replaceAll(',', ''));
  };
  const counted = figures.acme[period];
  for (const count of ['participants', 'volunteers', 'sessions']) {
    assert.equal(await amount(count), Number(counted[count]), `${count} of ${period}`);
  }
  assert.ok(Math.abs((await amount('hours')) - Number(counted.hours)) <= 0.05, `hours of ${period}`);
  assert.ok(Math.abs((await amount('average-rating')) - Number(counted.average_rating)) <= 0.005, `rating of ${period}`);
}

/** Two good rows and one whose date is no date. */
function sessions(prefix) {
  const header = 'session_id,session_type,participant_email,volunteer_email,date,duration_min,rating,feedback_text,language_level';
  const row = (number, date) =>
    `E2E-${prefix}-${number},Mentorship,p${number}@example.org,v${number}@example.org,${date},45,4,,`;
  return [header, row(1, '2026-10-01T10:00:00Z'), row(2, '2026-10-02T10:00:00Z'), row(3, 'soon'), ''].join('\n');
}
