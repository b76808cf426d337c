// The live parts of a page, fed by server-sent events: counts, the table of calls, the list of comings and goings,
// and the dots of extensions. A snapshot comes first on every connection, so nothing is ever missed.

const root = document.querySelector('[data-live]');
const STATES = { calling: ['warn', 'Calling'], ringing: ['warn', 'Ringing'], talking: ['ok', 'Talking'], held: ['off', 'On hold'], parked: ['off', 'Parked'] };

if (root) {
  const dots = [...document.querySelectorAll('[data-extension]')];
  const desks = [...document.querySelectorAll('[data-desk]')];
  const query = [...new Set([...dots.map((dot) => dot.dataset.extension), ...desks.map((desk) => desk.dataset.desk)])].join(',');
  const source = new EventSource('/api/v1/live/events?extensions=' + encodeURIComponent(query));
  let skew = 0;

  source.addEventListener('snapshot', (event) => {
    const view = JSON.parse(event.data);
    skew = Date.parse(view.now) - Date.now();
    if (table) {
      const known = new Set(view.calls.map((call) => call.call));
      rows().forEach((row) => { if (!known.has(row.dataset.call)) row.remove(); });
    }
    if (recent) recent.querySelectorAll('li').forEach((item) => item.remove());
    take(view, true);
    status('ok', 'Live');
  });
  source.addEventListener('changes', (event) => take(JSON.parse(event.data), false));
  source.addEventListener('signed-out', () => location.reload());
  source.onerror = () => status('warn', 'Connecting');

  const table = document.querySelector('[data-calls]');
  const template = document.getElementById('call-row');
  const recent = document.querySelector('[data-recent]');
  const recentTemplate = document.getElementById('recent-row');
  const rows = () => [...table.querySelectorAll('tr[data-call]')];

  const take = (news, first) => {
    for (const [name, value] of Object.entries(news.counts)) {
      document.querySelectorAll(`[data-count="${name}"]`).forEach((node) => { node.textContent = value; });
    }
    if (table) {
      news.calls.forEach(putCall);
      (news.ended ?? []).forEach(endCall);
      document.querySelector('[data-no-calls]').hidden = rows().length > 0;
      table.hidden = rows().length === 0;
      tick();
    }
    if (recent) [...news.recent].reverse().forEach(putRecent);
    const changed = new Map(news.registrations.map((row) => [row.extension, row.devices]));
    dots.forEach((dot) => {
      const devices = changed.get(dot.dataset.extension) ?? (first ? [] : null);
      if (devices) setDot(dot, devices);
    });
    if (desks.length) setDesks(news, changed, first);
    const mine = document.querySelector('[data-this-call]')?.dataset.thisCall;
    if (mine && (news.ended ?? []).includes(mine)) setTimeout(() => location.reload(), 1200);
  };

  const putCall = (call) => {
    let row = rows().find((row) => row.dataset.call === call.call);
    if (!row) {
      row = template.content.firstElementChild.cloneNode(true);
      row.dataset.call = call.call;
      row.querySelectorAll('a').forEach((link) => { link.href = '/calls/' + call.call; });
      row.querySelectorAll('form').forEach((form) => { form.action = (form.dataset.act ?? '/calls/CALL/hang-up').replace('CALL', call.call); });
      table.querySelector('tbody').append(row);
    }
    const say = (part, text) => { row.querySelector(`[data-part="${part}"]`).textContent = text; };
    say('from', call.from.name || call.from.number || 'unknown');
    say('from-number', call.from.name ? call.from.number : '');
    say('to', call.to.name || call.to.number || call.dialled);
    say('to-number', call.to.name ? call.to.number : '');
    const [tone, word] = STATES[call.state] ?? ['off', call.state];
    const state = row.querySelector('[data-part="state"]');
    state.className = 'state ' + tone;
    state.textContent = word;
    row.querySelector('[data-part="recorded"]').hidden = !call.recorded;
    row.dataset.since = call.answered_at ?? call.started_at;
  };

  const endCall = (call) => rows().filter((row) => row.dataset.call === call).forEach((row) => row.remove());

  const putRecent = (news) => {
    const item = recentTemplate.content.firstElementChild.cloneNode(true);
    const say = (part, text) => { item.querySelector(`[data-part="${part}"]`).textContent = text; };
    const link = item.querySelector('a');
    link.href = '/extensions/' + encodeURIComponent(news.extension);
    link.textContent = news.extension;
    const state = item.querySelector('.state');
    state.className = 'state ' + (news.came ? 'ok' : 'off');
    state.textContent = news.came ? 'Registered' : 'Gone';
    say('device', [news.user_agent, news.from].filter(Boolean).join(' · '));
    say('at', new Date(news.at).toLocaleTimeString([], { hourCycle: 'h23' }));
    recent.prepend(item);
    while (recent.children.length > 8) recent.lastElementChild.remove();
    recent.hidden = false;
    document.querySelector('[data-no-recent]').hidden = true;
  };

  const setDot = (dot, devices) => {
    if (dot.dataset.disabled) return;
    dot.className = 'state ' + (devices.length ? 'ok' : 'off');
    dot.textContent = devices.length ? 'Registered' : 'Not registered';
    const about = dot.closest('tr')?.querySelector('[data-part="devices"]');
    if (about) about.textContent = devices.map((device) => device.user_agent || device.from).join(', ');
  };

  // What each extension does now: a call counts before do-not-disturb.
  const talks = new Map();
  const registered = new Set();
  const setDesks = (news, changed, first) => {
    if (first) { talks.clear(); registered.clear(); }
    news.calls.forEach((call) => talks.set(call.call, call));
    (news.ended ?? []).forEach((call) => talks.delete(call));
    changed.forEach((devices, number) => (devices.length ? registered.add(number) : registered.delete(number)));
    desks.forEach((desk) => {
      const number = desk.dataset.desk;
      const call = [...talks.values()].find((call) => call.from.number === number || call.to.number === number);
      const [tone, word] = deskState(desk, number, call);
      desk.className = 'state ' + tone;
      desk.textContent = word;
    });
  };

  const deskState = (desk, number, call) => {
    if (call && ['talking', 'held'].includes(call.state)) return ['busy', 'Talking'];
    if (call && call.to.number === number && call.state === 'ringing') return ['warn', 'Ringing'];
    if (call && call.from.number === number && call.state !== 'parked') return ['warn', 'Calling'];
    if (desk.dataset.disabled) return ['warn', 'Switched off'];
    if (!registered.has(number)) return ['off', 'Not registered'];
    return desk.dataset.quiet ? ['bad', 'Do not disturb'] : ['ok', 'Idle'];
  };

  const status = (tone, word) => {
    const node = document.querySelector('[data-live-state]');
    if (node) { node.className = 'state ' + tone; node.textContent = word; node.hidden = false; }
  };

  const clock = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const two = (n) => String(n).padStart(2, '0');
    const h = Math.floor(s / 3600);
    return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };

  const tick = () => {
    if (!table) return;
    const now = Date.now() + skew;
    rows().forEach((row) => {
      row.querySelector('[data-part="length"]').textContent = clock(now - Date.parse(row.dataset.since));
    });
  };
  setInterval(tick, 1000);
}
