// What an administrator does in the first half hour, step by step in a real browser.
//
// Talks with run.py by lines: it asks for a phone to register, to call, to hang up, and is answered `ok` or `failed …`.
// Prints a line a step and, in the end, `N passed, M failed`.

import { createInterface } from 'node:readline';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { URL: base, PASSWORD: oneTime, OUT: out, CHROMIUM: executablePath } = process.env;
const password = 'four unrelated words 4711';
mkdirSync(out, { recursive: true });

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (text) => {
  process.stdout.write(`? ${text}\n`);
  const answer = (await lines.next()).value ?? 'gone';
  if (answer !== 'ok') throw new Error(`${text}: ${answer}`);
};

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
context.setDefaultTimeout(8000);
const page = await context.newPage();

// What a page must never do: complain, or fail to load a part of itself.
const complaints = [];
page.on('console', (said) => { if (said.type() === 'error' && !/status of 4\d\d/.test(said.text())) complaints.push(`${page.url()}: ${said.text()}`); });
page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
page.on('response', (response) => { if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`); });

let passed = 0;
let failed = 0;
const step = async (name, action) => {
  const began = Date.now();
  try {
    await action();
    passed += 1;
    console.log(`ok    browser    ${name}  ${((Date.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  browser    ${name}  ${String(error).split('\n').slice(0, 6).join(' | ')}`);
    await page.screenshot({ path: join(out, `failed-${failed}.png`), fullPage: true }).catch(() => {});
  }
};
const must = (condition, text) => { if (!condition) throw new Error(text); };
const test = (name) => page.locator(`[data-test="${name}"]`);
const go = (path) => page.goto(base + path);
// So many seconds of a tone as WAV: 8 kHz, 16 bit, one channel.
const wav = (seconds) => {
  const octets = seconds * 16000;
  const file = Buffer.alloc(44 + octets);
  file.write('RIFF', 0); file.writeUInt32LE(36 + octets, 4); file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16); file.writeUInt16LE(1, 20); file.writeUInt16LE(1, 22);
  file.writeUInt32LE(8000, 24); file.writeUInt32LE(16000, 28); file.writeUInt16LE(2, 32); file.writeUInt16LE(16, 34);
  file.write('data', 36); file.writeUInt32LE(octets, 40);
  for (let n = 0; n < octets / 2; n += 1) file.writeInt16LE(Math.round(8000 * Math.sin(n / 3)), 44 + n * 2);
  return file;
};
const until = async (text, condition) => {
  for (let tries = 0; tries < 60; tries += 1) {
    if (await condition()) return;
    await page.waitForTimeout(100);
  }
  throw new Error(text);
};
const signIn = async (word) => {
  await page.fill('[name=user]', 'admin');
  await page.fill('[name=password]', word);
  await test('sign-in').click();
};

await step('a stranger sees the login page only', async () => {
  for (const path of ['/', '/extensions', '/calls', '/configuration', '/system']) {
    await go(path);
    must(new URL(page.url()).pathname === '/login', `${path} leads to ${page.url()}`);
  }
  const api = await context.request.get(base + '/api/v1/calls', { maxRedirects: 0 });
  must(api.status() === 401, `the API says ${api.status()}`);
});

await step('a wrong password is refused', async () => {
  await go('/login');
  await signIn('wrong-wrong-wrong');
  must((await test('error').textContent()).trim().length > 10, 'no word about it');
});

await step('the one-time password must be changed', async () => {
  await go('/login');
  await signIn(oneTime);
  await page.waitForURL('**/password');
  await go('/extensions');
  must(new URL(page.url()).pathname === '/password', `one can go on to ${page.url()}`);
  await page.fill('[name=current]', oneTime);
  await page.fill('[name=new]', 'short');
  await page.fill('[name=repeat]', 'short');
  await page.evaluate(() => { document.querySelector('form[action="/password"]').noValidate = true; });
  await test('change-password').click();
  must(new URL(page.url()).pathname === '/password', 'a short password was taken');
  await page.fill('[name=current]', oneTime);
  await page.fill('[name=new]', password);
  await page.fill('[name=repeat]', password);
  await test('change-password').click();
  await page.waitForURL((url) => url.pathname !== '/password');
  await go('/');
  await test('calls-now').waitFor();
});

let secret = '';
await step('an extension is made, its secret shown once with a QR code', async () => {
  await go('/extensions');
  await test('new-extension').click();
  await page.fill('[name=number]', '1x');
  await page.fill('[name=name]', 'Workshop');
  await test('save').click();
  await test('wrong-number').waitFor();
  await page.fill('[name=number]', '120');
  await test('save').click();
  secret = (await test('secret').textContent()).trim();
  must(secret.length >= 12, `the secret is ${secret.length} long`);
  must(await test('qr').locator('svg').count() === 1, 'no QR code');
  await page.screenshot({ path: join(out, 'secret.png'), fullPage: true });
  await go('/extensions/120');
  must(!(await page.content()).includes(secret), 'the secret is still on the page');
  await page.goBack().catch(() => {}); // the browser may refuse, for nothing was kept
  await page.waitForTimeout(500);
  const kept = await page.content().catch(() => ''); // a page of the browser's own tells nothing
  must(!kept.includes(secret), 'the secret comes back with the back button');
});

await step('its phone registers and the page shows it without being loaded again', async () => {
  await go('/extensions/120');
  must((await test('state').textContent()).includes('Not'), 'registered before there is a phone');
  await ask(`register 120 ${secret}`);
  await until('the page does not show the registration', async () => (await test('state').textContent()).trim() === 'Registered');
});

await step('its calls are recorded from now on', async () => {
  await go('/extensions/120');
  await page.selectOption('[name=record]', 'always');
  await page.fill('[name=gain_db]', 'loud');
  await test('save').click();
  must(await page.locator('.wrong').count() === 1, 'a gain of “loud” was taken');
  must(await page.inputValue('[name=record]') === 'always', 'what was chosen is gone');
  await page.fill('[name=gain_db]', '');
  await test('save').click();
  await test('said').waitFor();
});

let call = '';
await step('a live call appears while it lasts', async () => {
  await go('/');
  await until('no live connection', async () => (await page.locator('[data-live-state]').textContent()) === 'Live');
  must((await test('calls-now').textContent()) === '0', 'calls before there is one');
  await ask('call 120 102');
  const row = test('live-calls').locator('tbody tr');
  await row.waitFor();
  await until('the row does not say Talking', async () => (await row.textContent()).includes('Talking'));
  must((await row.textContent()).includes('120'), 'the row does not name the caller');
  must((await test('calls-now').textContent()) === '1', 'the count is wrong');
  await row.locator('[data-part="recorded"]').waitFor(); // visible: it is being recorded
  await page.screenshot({ path: join(out, 'live.png'), fullPage: true });
  call = await row.locator('a.row').getAttribute('href');
  await row.locator('a.row').click();
  await test('call-state').waitFor();
  must(await test('reasons').locator('li').count() > 0, 'no reasons for the way');
});

await step('the page of the call shows ladder, quality and reasons when it has ended', async () => {
  await page.waitForTimeout(6000); // long enough for a figure of quality
  await ask('hang-up');
  await test('ladder').waitFor();
  const words = await test('ladder').textContent();
  for (const word of ['INVITE', '200', 'ACK', 'BYE']) must(words.includes(word), `no ${word} in the ladder`);
  await test('ladder').locator('summary').first().click();
  const first = await test('ladder').locator('pre').first().textContent();
  must(/^INVITE sip:/.test(first) && /Content-Type: application\/sdp/i.test(first), 'the message is not whole');
  must(!/response="(?!x|…|\*)[0-9a-f]{32}/.test(await page.content()), 'a digest response is shown');
  must((await test('quality').textContent()).match(/\d/), 'no figures of quality');
  must(await test('reasons').locator('li').count() > 0, 'no reasons');
  must(await test('events').locator('li').count() >= 3, 'hardly any events');
});

await step('the seconds of the call are drawn, what is wrong stands first, the figures behind', async () => {
  await page.reload();
  const flight = test('flight');
  await flight.waitFor();
  must((await test('diagnosis').textContent()).trim().length > 10, 'no word about how it sounded');
  must(await flight.locator('svg.strip').count() >= 6, `${await flight.locator('svg.strip').count()} strips`);
  const drawn = await flight.locator('svg.strip path.edge').evaluateAll((paths) => paths.filter((path) => path.getAttribute('d')).length);
  must(drawn >= 3, `${drawn} strips with something in them`);
  await flight.locator('details.figures summary').first().click();
  must(await flight.locator('details.figures').first().locator('tbody tr').count() >= 5, 'hardly any seconds');
  const tracks = await context.request.get(base + '/api/v1' + call + '/tracks');
  must((await tracks.json()).tracks.length === 2, 'two legs have two tracks');
});

let recording = '';
await step('the recording is found, played and downloaded, and that is noted', async () => {
  await go('/recordings?q=120');
  await until('no recording is listed', async () => {
    await page.reload();
    return (await test('recordings').count()) > 0 && (await test('recordings').textContent()).includes('Kept');
  });
  recording = await test('recordings').locator('tr', { hasText: 'Kept' }).locator('a.row').first().getAttribute('href');
  await go(recording);
  const player = test('player');
  await player.focus();
  await page.keyboard.press('Space');
  await until('it does not play', async () => player.evaluate((audio) => audio.currentTime > 0.3));
  must(await player.evaluate((audio) => audio.duration > 3), 'it is shorter than the call');
  const piece = await context.request.get(base + recording + '/audio', { headers: { Range: 'bytes=0-3' } });
  must(piece.status() === 206 && ['OggS', 'RIFF'].includes(await piece.text()), `a piece: ${piece.status()}`);
  const file = await context.request.get(base + (await test('download').getAttribute('href')));
  must(/^attachment; filename="[\w.-]+"$/.test(file.headers()['content-disposition']), file.headers()['content-disposition']);
  await page.reload();
  const told = await test('listened').textContent();
  must(told.includes('listened to') && told.includes('downloaded') && told.includes('admin'), told);
  await go(call);
  await test('call-recordings').locator('audio').waitFor();
});

await step('a sound is uploaded, heard, and becomes music', async () => {
  await go('/sounds');
  const sound = (name, buffer) => page.setInputFiles('[name=file]', { name, mimeType: 'audio/wav', buffer });
  await sound('nonsense.wav', Buffer.from('this is no sound'));
  await test('upload').click();
  await test('wrong-file').waitFor();
  await sound('Waiting Room.wav', wav(2));
  await page.fill('[name=name]', '');
  await test('upload').click();
  await test('said').waitFor();
  const row = test('uploads').locator('tr', { hasText: 'waiting-room' });
  must((await row.textContent()).includes('2.0 s'), await row.textContent());
  const player = row.locator('audio');
  await player.focus();
  await page.keyboard.press('Space');
  await until('it does not play', async () => player.evaluate((audio) => audio.currentTime > 0.3));
  await go('/music/new');
  must(await page.inputValue('[name=name]') === 'default', 'the first music is that of held callers');
  await page.check('[value=waiting-room]');
  await test('save').click();
  await test('said').waitFor();
  await go('/sounds/sound%2Fwaiting-room/delete');
  await test('confirm-delete').click();
  must((await test('error').textContent()).includes('default'), 'music lost its sound');
});

await step('a conference is made', async () => {
  await go('/conferences');
  await test('new-conference').click();
  await page.fill('[name=number]', '620');
  await page.fill('[name=name]', 'Board');
  await page.fill('[name=pin]', '12');
  await test('save').click();
  await test('wrong-pin').waitFor();
  await page.fill('[name=pin]', '4711');
  await test('save').click();
  await test('said').waitFor();
  must((await test('conferences').textContent()).includes('Board'), 'it is not listed');
});

await step('the home page has forgotten the live call and knows the last one', async () => {
  await go('/');
  await until('the call is still live', async () => (await test('calls-now').textContent()) === '0');
  await test('last-calls').locator('tbody tr').first().waitFor();
});

await step('a call can be ended from the page', async () => {
  await ask('call 120 102');
  await go('/');
  await test('live-calls').locator('tbody tr').waitFor();
  await test('live-calls').locator('tbody button').click();
  await until('it is still there', async () => (await test('calls-now').textContent()) === '0');
  await ask('ended');
});

await step('the history is searched and exported', async () => {
  await go('/calls');
  must(await test('calls').locator('tbody tr').count() >= 2, 'the calls are missing');
  await test('search').fill('120');
  await test('search').press('Enter');
  must(await test('calls').locator('tbody tr').count() >= 2, '120 is not found');
  await go('/calls?q=nobody-has-this-name');
  must(await test('calls').count() === 0, 'something is found for nothing');
  await go('/calls');
  const csv = await context.request.get(base + (await test('csv').getAttribute('href')));
  must(csv.ok() && (await csv.text()).includes('120'), `CSV: ${csv.status()}`);
});

await step('foreign text in a name does no harm', async () => {
  await go('/extensions/new');
  await page.fill('[name=number]', '121');
  await page.fill('[name=name]', '"><img src=x onerror=alert(1)>');
  await test('save').click();
  await go('/extensions');
  must(await page.locator('img[src=x]').count() === 0, 'the name became markup');
});

await step('a form from another site is refused', async () => {
  const before = await page.evaluate(async () => (await fetch('/api/v1/extensions')).text());
  const answer = await context.request.post(base + '/extensions', {
    form: { number: '199', name: 'Foreign', enabled: 'on' },
    headers: { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    maxRedirects: 0,
  });
  must(answer.status() === 403, `status ${answer.status()}`);
  must(await page.evaluate(async () => (await fetch('/api/v1/extensions')).text()) === before, 'it was made');
});

const PAGES = [['home', '/'], ['extensions', '/extensions'], ['extension', '/extensions/120'], ['new-extension', '/extensions/new'],
  ['ring-groups', '/ring-groups'], ['conferences', '/conferences'], ['conference', '/conferences/620'], ['music', '/music'],
  ['music-edit', '/music/default'], ['sounds', '/sounds'], ['calls', '/calls'], ['call', () => call],
  ['recordings', '/recordings'], ['recording', () => recording], ['configuration', '/configuration'],
  ['configuration-edit', '/configuration/edit'], ['system', '/system'], ['audit', '/system/audit'], ['password', '/password']];

const LOOKS = [['light', { width: 1280, height: 900 }], ['dark', { width: 1280, height: 900 }], ['narrow', { width: 390, height: 844 }]];

for (const [look, viewport] of LOOKS) {
  await step(`every page, ${look}: loads, fits, photographed`, async () => {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: look === 'dark' ? 'dark' : 'light' });
    const wide = [];
    for (const [name, path] of PAGES) {
      const response = await go(typeof path === 'function' ? path() : path);
      must(response.ok(), `${name}: ${response.status()}`);
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      if (over > 1) wide.push(`${name} by ${over}`);
      await page.screenshot({ path: join(out, `${name}-${look}.png`), fullPage: true });
    }
    must(wide.length === 0, `wider than the window: ${wide.join(', ')}`);
  });
}

await step('a recording is deleted, and what is known of it stays', async () => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await go(recording);
  await test('delete').click();
  await test('confirm-delete').click();
  await test('said').waitFor();
  await go(recording);
  must((await test('recording-state').textContent()).includes('Deleted'), 'it is still there');
  must(await test('player').count() === 0, 'there is still something to play');
  const audio = await context.request.get(base + recording + '/audio');
  must(audio.status() === 404, `its sound: ${audio.status()}`);
});

await step('signed out is signed out', async () => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await go('/');
  const cookies = await context.cookies();
  must(cookies.length > 0 && cookies.every((cookie) => cookie.httpOnly && cookie.secure && cookie.sameSite !== 'None'), `cookies: ${JSON.stringify(cookies.map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite })))}`);
  await test('sign-out').click();
  await context.addCookies(cookies);
  await go('/');
  must(new URL(page.url()).pathname === '/login', 'the old session still works');
  await signIn(oneTime);
  must(new URL(page.url()).pathname === '/login', 'the one-time password still works');
});

await step('no page complained', async () => {
  must(complaints.length === 0, complaints.slice(0, 8).join(' | '));
});

console.log(`${passed} passed, ${failed} failed`);
await browser.close();
process.exit(failed ? 1 : 0);
