// Makes the page live: states by the event stream, orders without reloading, logs, events, listeners
// and the plan. Everything comes from /api/v1 of the same server.
'use strict';

// A page that was opened as http://name:password@host/ may not fetch by such a URL; the browser sends
// both by itself.
const api = new URL('api/v1/', location.href);
api.username = '';
api.password = '';
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// An element with attributes and children; texts stay texts.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

async function ask(path, body) {
  const order = body === undefined ? {} : {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(new URL(path, api), order);
  const result = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(result.detail || answer.statusText), { status: answer.status });
  return result;
}

function say(text, isBad = false) {
  const place = $('#message');
  place.textContent = text;
  place.classList.toggle('bad', isBad);
}

// ------------------------------------------------------------------------------------ processes

const fullName = (one) => one.group === one.name ? one.name : one.group + ':' + one.name;
const pathOf = (name) => 'processes/' + encodeURIComponent(name);

const rows = new Map();
const rowOf = (name) => rows.get(name);

// The clock of the daemon may not be ours.
let clockOffset = 0;

function uptime(start) {
  const all = Math.max(0, Math.floor(Date.now() / 1000 + clockOffset - start));
  const two = (number) => String(number).padStart(2, '0');
  const days = Math.floor(all / 86400);
  const clock = `${Math.floor(all / 3600) % 24}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  return days === 0 ? clock : `${days} day${days === 1 ? '' : 's'}, ${clock}`;
}

function tick() {
  for (const row of $$('#processes tr[data-state=running]')) {
    const text = `pid ${row.dataset.pid}, uptime ${uptime(Number(row.dataset.start))}`;
    const cell = $('.about', row);
    if (cell.textContent !== text) cell.textContent = text;
  }
}

function show(process) {
  clockOffset = process.now - Math.floor(Date.now() / 1000);
  const row = rowOf(fullName(process));
  if (!row) {
    planRenewal(); // it is new
    return;
  }
  const state = process.statename.toLowerCase();
  if (row.dataset.state !== state) {
    row.classList.remove('changed');
    void row.offsetWidth; // begins the fade anew
    row.classList.add('changed');
  }
  row.dataset.state = state;
  row.dataset.pid = process.pid;
  row.dataset.start = process.start;
  $('.state span', row).textContent = state;
  $('.about', row).textContent = process.description;
}

function drop(row) {
  rows.delete(row.dataset.name);
  row.remove();
}

// Rows come and go as the server draws them; what is open on the page stays as it is.
async function renewRows() {
  const answer = await fetch(new URL('../../', api));
  if (!answer.ok) throw new Error(answer.statusText);
  const drawn = $('#processes', new DOMParser().parseFromString(await answer.text(), 'text/html'));
  const body = $('#processes tbody');
  const fresh = $$('tbody tr', drawn);
  if (!body || !fresh.length) {
    $('#processes').replaceChildren(...drawn.childNodes);
    rows.clear();
    for (const row of fresh) rows.set(row.dataset.name, row);
  } else {
    const names = new Set(fresh.map((row) => row.dataset.name));
    [...rows.values()].filter((row) => !names.has(row.dataset.name)).forEach(drop);
    let next = body.firstElementChild;
    for (const row of fresh) {
      const known = rowOf(row.dataset.name);
      if (known) {
        next = known.nextElementSibling;
      } else {
        body.insertBefore(row, next);
        rows.set(row.dataset.name, row);
      }
    }
  }
  filterRows();
  summarize();
}

let renewal = 0;

function planRenewal() {
  if (renewal) return;
  renewal = setTimeout(async () => {
    renewal = 0;
    try {
      await renewRows();
      if (views[current]) await views[current]();
    } catch (error) {
      say(error.message, true);
    }
  }, 500);
}

function summarize() {
  const counts = new Map();
  for (const row of $$('#processes tbody tr')) {
    counts.set(row.dataset.state, (counts.get(row.dataset.state) || 0) + 1);
  }
  const parts = [...counts].sort().map(([state, count]) => `${count} ${state}`);
  $('#summary').textContent = parts.join(', ') || 'no processes';
}

function drawExits(row, history) {
  const width = 100;
  const recent = history.exits.map((exit) => ({
    age: Math.max(Date.now() / 1000 + clockOffset - exit.at, 0),
    kind: exit.signal === Number(row.dataset.stopsignal) ? 'asked' : exit.status === 0 ? 'good' : 'bad',
  })).filter((exit) => exit.age <= 86400);
  const svg = $('svg', row);
  $$('rect', svg).forEach((mark) => mark.remove());
  for (const exit of recent) {
    const mark = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    const place = width - width * Math.log1p(exit.age / 60) / Math.log1p(86400 / 60);
    mark.setAttribute('class', exit.kind);
    mark.setAttribute('x', String(Math.min(Math.max(Math.floor(place), 0), width - 2)));
    mark.setAttribute('y', '2');
    mark.setAttribute('width', '2');
    mark.setAttribute('height', '12');
    svg.append(mark);
  }
  const label = `${history.starts} start${history.starts === 1 ? '' : 's'}, ${recent.length} ` +
    `end${recent.length === 1 ? '' : 's'} on this line of 24 hours`;
  svg.setAttribute('aria-label', label);
  $('title', svg).textContent = label;
  $('.exits small', row).textContent = history.starts > 1 ? `\u21BB ${history.starts - 1}` : '';
}

async function refreshOne(name) {
  try {
    show(await ask(pathOf(name)));
    const row = rowOf(name);
    if (row) drawExits(row, await ask(pathOf(name) + '/history'));
  } catch {
    const row = rowOf(name);
    if (row) drop(row); // it is gone
  }
}

async function refreshAll() {
  const processes = await ask('processes');
  const names = new Set(processes.map(fullName));
  $$('#processes tbody tr').filter((row) => !names.has(row.dataset.name)).forEach(drop);
  processes.forEach(show);
  summarize();
}

const touched = new Set();
let planned = false;

// Many things happen at once; they are looked at together.
function touch(name) {
  touched.add(name);
  if (planned) return;
  planned = true;
  setTimeout(async () => {
    planned = false;
    const names = [...touched];
    touched.clear();
    try {
      if (names.length > 20) await refreshAll();
      else await Promise.all(names.map(refreshOne));
      summarize();
    } catch (error) {
      say(error.message, true);
    }
  }, 100);
}

// --------------------------------------------------------------------------------------- orders

function confirmed(question, label) {
  const dialog = make('dialog', { 'aria-label': question });
  const yes = make('button', { class: 'primary', value: 'yes' }, label);
  dialog.append(make('form', { method: 'dialog' }, make('div', {}, make('h2', {}, question),
    make('div', { class: 'end' }, make('button', { value: 'no' }, 'Cancel'), yes))));
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(dialog.returnValue === 'yes');
  }));
}

const orders = {
  start: { path: '/start', done: 'started', ask: 'Start' },
  stop: { path: '/stop', done: 'stopped', ask: 'Stop' },
  restart: { path: '/restart', done: 'restarted', ask: 'Restart' },
  clearlog: { path: '/logs/clear', done: 'has empty logs now', ask: 'Clear the logs of' },
  startall: { path: 'processes/start', done: 'All were started', ask: 'Start all processes' },
  stopall: { path: 'processes/stop', done: 'All were stopped', ask: 'Stop all processes' },
  restartall: { path: 'processes/restart', done: 'All were restarted', ask: 'Restart all processes' },
};

async function carryOut(event) {
  const button = event.submitter;
  const order = button && orders[button.value];
  if (!order) return;
  event.preventDefault();
  const field = event.target.elements.processname;
  const name = field ? field.value : '';
  if (order.ask && !await confirmed(name ? `${order.ask} ${name}?` : `${order.ask}?`, button.textContent)) return;
  button.setAttribute('aria-busy', 'true');
  say(name ? `${name}: ${button.textContent.toLowerCase()} …` : `${button.textContent} …`);
  try {
    const result = await ask(name ? pathOf(name) + order.path : order.path, {});
    const failed = Array.isArray(result) ? result.filter((one) => one.status !== 80) : [];
    const names = failed.map((one) => `${fullName(one)} (${one.description})`).join(', ');
    const done = name ? `${name} ${order.done}` : order.done;
    const nothingWasDone = names !== '' && failed.length === result.length;
    say(nothingWasDone ? `Not done: ${names}` : done + (names ? `, but not: ${names}` : ''), names !== '');
  } catch (error) {
    say(`${name ? name + ': ' : ''}${error.message}`, true);
  }
  button.removeAttribute('aria-busy');
}

// ----------------------------------------------------------------------------------------- logs

const mostOfLog = 400000;
const firstOfLog = 65536;

function showLog(name) {
  const text = make('pre', { tabindex: '0', 'aria-label': `Log of ${name}` });
  const channel = make('select', { 'aria-label': 'Channel' }, make('option', {}, 'stdout'), make('option', {}, 'stderr'));
  const search = make('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search in the log' });
  const close = make('button', { value: 'close' }, 'Close');
  const count = make('span', { role: 'status' });
  const trouble = make('span', { class: 'bad', role: 'status' });
  const dialog = make('dialog', { class: 'wide', 'aria-label': `Log of ${name}` },
    make('div', { class: 'bar' }, make('h2', {}, name), count, trouble, search, channel, close), text);
  let bytes = '';
  let stopper = null;

  function draw() {
    const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
    const wanted = search.value.toLowerCase();
    if (!wanted) {
      text.textContent = bytes || 'Nothing was written yet';
      count.textContent = '';
    } else {
      const lines = bytes.split('\n').filter((line) => line.toLowerCase().includes(wanted));
      count.textContent = `${lines.length} line${lines.length === 1 ? '' : 's'}`;
      text.replaceChildren(...lines.flatMap((line) => marked(line, wanted)));
    }
    if (atEnd) text.scrollTop = text.scrollHeight;
  }

  function marked(line, wanted) {
    const parts = [];
    const lower = line.toLowerCase();
    let from = 0;
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
      parts.push(line.slice(from, at), make('mark', {}, line.slice(at, at + wanted.length)));
      from = at + wanted.length;
    }
    parts.push(line.slice(from) + '\n');
    return parts;
  }

  // What was read stays, whatever becomes of the process or the connection; it goes on when that is back.
  async function follow() {
    if (stopper) stopper.abort();
    const mine = stopper = new AbortController();
    const path = `${pathOf(name)}/${channel.value}`;
    let offset = -1;
    bytes = '';
    while (!mine.signal.aborted) {
      try {
        const [, now] = await ask(`${path}/tail?offset=0&length=0`);
        if (offset >= 0 && now < offset) bytes += '\n==> the log begins anew <==\n';
        const from = offset < 0 ? Math.max(now - firstOfLog, 0) : now < offset ? 0 : offset;
        const more = now > from ? await ask(`${path}?offset=${from}&length=${now - from}`) : '';
        if (mine.signal.aborted) return;
        bytes = (bytes + more).slice(-mostOfLog);
        if (now !== offset) draw();
        offset = now;
        trouble.textContent = '';
      } catch (error) {
        trouble.textContent = error.status === 404 ? 'There is no such process now' : error.message;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  search.addEventListener('input', draw);
  channel.addEventListener('change', follow);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    stopper.abort();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
  follow();
}

// ---------------------------------------------------------------------------------------- views

const eventList = make('ol', { class: 'events' });
const mostEvents = 200;

function addEvent(event) {
  const { processname, groupname, ...fields } = event.fields;
  const rest = Object.entries(fields).map(([key, value]) => `${key}: ${value}`).join('  ');
  const name = processname ? fullName({ name: processname, group: groupname }) : groupname || '';
  eventList.prepend(make('li', {}, make('time', {}, new Date(event.time * 1000).toLocaleTimeString([], { hourCycle: 'h23' })),
    make('b', {}, event.type), make('span', {}, name), make('code', {}, rest + (event.data ? `  ${event.data}` : ''))));
  while (eventList.children.length > mostEvents) eventList.lastChild.remove();
  $('#events .empty').hidden = true;
}

// On a narrow screen each cell stands alone, and says itself what it is.
function table(heads, rows) {
  for (const row of rows) [...row.cells].forEach((cell, i) => { cell.dataset.head = heads[i]; });
  return make('table', {}, make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, ...rows));
}

async function showListeners() {
  const pools = await ask('listeners');
  const place = $('#listeners');
  place.className = pools.length ? 'cards' : '';
  place.replaceChildren(...pools.map((pool) => {
    // What the daemon's start gave to it may be more than buffer_size.
    const room = pool.queued > pool.buffer_size ? pool.limit : pool.buffer_size;
    const waiting = (pool.stored ? `${pool.queued} wait, ${pool.stored} of them on disk` : `${pool.queued} of ${room} wait`)
      + (pool.queued ? `, the oldest for ${pool.oldest} s` : '');
    const meter = make('meter', { min: '0', max: String(room), value: String(pool.queued), 'aria-label': waiting });
    return make('div', { class: 'card' }, make('h2', {}, pool.name), make('p', {}, meter, ' ', waiting,
      `; ${pool.accepted} accepted, ${pool.delivered} delivered, ${pool.rejected} rejected, ${pool.dropped} dropped`),
    table(['Listener', 'State', 'Works on', 'Delivered', 'Wrote last'], pool.listeners.map((one) => make('tr', {},
      make('th', { scope: 'row' }, fullName(one)), make('td', {}, one.state),
      make('td', {}, one.held_serial < 0 ? 'nothing' : `event ${one.held_serial} for ${one.held_for} s`),
      make('td', { class: 'number' }, String(one.delivered)), make('td', {}, make('code', {}, one.last_bytes))))));
  }));
  if (!pools.length) place.append(make('p', { class: 'empty' }, 'There are no event listeners'));
}

async function showPlan() {
  const place = $('#plan');
  place.className = 'cards';
  const groups = await ask('groups');
  const changes = make('div', { class: 'card' }, make('h2', {}, 'What an update would do'));
  try {
    const plan = await ask('plan');
    for (const one of plan.processes) {
      changes.append(make('p', {}, make('b', { class: `action-${one.action}` }, one.action), ` ${fullName(one)}`,
        one.options.length ? ` (${one.options.join(', ')})` : ''));
    }
    const rest = [['groups in place', plan.groups], ['[supervisord]', plan.daemon], ['[supervisord], with a new daemon', plan.daemon_later]];
    for (const [what, list] of rest) if (list.length) changes.append(make('p', {}, `${what}: ${list.join(', ')}`));
    const nothing = !plan.processes.length && !plan.servers && rest.every(([, list]) => !list.length);
    if (nothing) {
      changes.append(make('p', {}, 'Nothing: what runs is what the configuration says.'));
    } else {
      const button = make('button', { class: 'primary' }, 'Update');
      button.addEventListener('click', async () => {
        if (!await confirmed('Carry out these changes?', 'Update')) return;
        try {
          await ask('plan/update', {});
          say('The update is under way');
        } catch (error) {
          say(error.message, true);
        }
        await view('plan');
      });
      changes.append(button);
    }
  } catch (error) {
    changes.append(error.status === 403 ? make('p', { class: 'empty' }, 'Shown to those who may operate')
      : make('pre', {}, error.message));
  }
  const rows = groups.flatMap((group) => group.processes.map((one) => make('tr', {},
    make('th', { scope: 'row' }, fullName({ name: one.name, group: group.name })),
    make('td', {}, make('code', {}, one.command)), make('td', {}, make('code', {}, one.place)))));
  place.replaceChildren(changes, make('div', { class: 'card' }, make('h2', {}, 'Where it is written'),
    table(['Process', 'Command', 'Place'], rows)));
}

const views = { listeners: showListeners, plan: showPlan };
let current = 'processes';

async function view(name) {
  current = name;
  for (const button of $$('nav button')) button.setAttribute('aria-current', String(button.dataset.view === name));
  for (const section of $$('main > section')) section.hidden = section.id !== name;
  $('#filter').hidden = name !== 'processes';
  try {
    if (views[name]) await views[name]();
  } catch (error) {
    say(error.message, true);
  }
}

function filterRows() {
  const wanted = $('#filter').value.toLowerCase();
  for (const row of $$('#processes tbody tr')) {
    row.hidden = !`${row.dataset.name} ${row.dataset.state}`.toLowerCase().includes(wanted);
  }
}

// --------------------------------------------------------------------------------------- events

function listen() {
  const source = new EventSource(new URL('events', api));
  let wasLost = false;
  source.onopen = () => {
    if (wasLost) say('Connected again');
    wasLost = false;
    document.body.classList.remove('lost');
    refreshAll().catch((error) => say(error.message, true));
  };
  source.onerror = () => {
    wasLost = true;
    document.body.classList.add('lost');
    say('The connection was lost; trying again …', true);
  };
  source.addEventListener('missed', () => refreshAll());
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    addEvent(event);
    if (event.type.startsWith('PROCESS_STATE')) {
      touch(fullName({ name: event.fields.processname, group: event.fields.groupname }));
      if (current === 'listeners') showListeners();
    } else if (event.type.startsWith('PROCESS_GROUP')) {
      planRenewal();
    }
  };
  window.addEventListener('beforeunload', () => source.close());
}

function begin() {
  for (const row of $$('#processes tbody tr')) rows.set(row.dataset.name, row);
  $('nav').hidden = false;
  $('#events').className = 'padded';
  $('#events').append(make('p', { class: 'empty' }, 'Nothing has happened since the page was opened'), eventList);
  document.addEventListener('submit', carryOut);
  $('nav').addEventListener('click', (event) => {
    if (event.target.dataset.view) view(event.target.dataset.view);
  });
  $('#filter').addEventListener('input', filterRows);
  $('#processes').addEventListener('click', (event) => {
    const link = event.target.closest('th a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showLog(link.closest('tr').dataset.name);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.matches('input, select')) return;
    event.preventDefault();
    view('processes');
    $('#filter').focus();
  });
  if (location.search) history.replaceState(null, '', './');
  setInterval(tick, 1000);
  setInterval(() => { if (current === 'listeners') showListeners().catch(() => {}); }, 5000);
  summarize();
  listen();
}

begin();
