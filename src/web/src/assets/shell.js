// What every page has: the command palette (Ctrl-K), copy buttons, and times in the reader's words.
// Works on elements that are on the page already; nothing here is needed to use the page.

const palette = document.querySelector('dialog.palette');

if (palette) {
  const input = palette.querySelector('input');
  const list = palette.querySelector('ul');
  const none = palette.querySelector('.none');
  let chosen = 0;
  let asked = 0;

  const open = () => {
    if (palette.open) return;
    input.value = '';
    palette.showModal();
    ask();
  };

  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch('/palette?q=' + encodeURIComponent(input.value), { headers: { accept: 'application/json' } });
      if (answer.status === 401) { location.assign('/login'); return; }
      const entries = await answer.json();
      if (mine === asked) show(entries);
    } catch { /* the box is away; the list stays as it is */ }
  };

  const show = (entries) => {
    chosen = 0;
    list.replaceChildren(...entries.map((entry, index) => {
      const item = document.createElement('li');
      item.setAttribute('role', 'option');
      item.id = 'palette-' + index;
      const link = document.createElement('a');
      link.href = entry.href;
      link.tabIndex = -1;
      link.append(icon(list.dataset.icons, entry.icon));
      const label = document.createElement('span');
      label.textContent = entry.label;
      const hint = document.createElement('small');
      hint.textContent = entry.hint;
      link.append(label, hint);
      item.append(link);
      return item;
    }));
    none.hidden = entries.length > 0;
    mark();
  };

  const mark = () => {
    [...list.children].forEach((item, index) => {
      item.setAttribute('aria-selected', String(index === chosen));
      if (index === chosen) item.scrollIntoView({ block: 'nearest' });
    });
    input.setAttribute('aria-activedescendant', list.children.length ? 'palette-' + chosen : '');
  };

  const move = (by) => {
    const count = list.children.length;
    if (count) { chosen = (chosen + by + count) % count; mark(); }
  };

  document.querySelectorAll('[data-palette]').forEach((button) => {
    button.hidden = false;
    button.addEventListener('click', open);
  });
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      open();
    }
  });
  palette.addEventListener('click', (event) => { if (event.target === palette) palette.close(); });
  input.addEventListener('input', ask);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter') list.children[chosen]?.querySelector('a').click();
    else return;
    event.preventDefault();
  });
}

// On a narrow screen the navigation is a strip that scrolls: the page one is on is to be seen in it.
document.querySelector('.nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

function icon(sprite, name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', sprite + '#' + name);
  svg.append(use);
  return svg;
}

// Copy buttons: data-copy holds the text, or data-copy-from the id of the element that does.
document.querySelectorAll('[data-copy], [data-copy-from]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const from = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    const word = button.querySelector('span') ?? button;
    const before = word.textContent;
    try {
      await navigator.clipboard.writeText(from ? (from.value ?? from.textContent) : button.dataset.copy);
      word.textContent = 'Copied';
    } catch {
      word.textContent = 'Select and copy by hand';
    }
    setTimeout(() => { word.textContent = before; }, 1600);
  });
});

// A file that is too large is told before it is sent.
document.querySelectorAll('input[type=file][data-max]').forEach((input) => {
  const limit = Number(input.dataset.max);
  const form = input.closest('form');
  input.addEventListener('change', () => {
    const file = input.files[0];
    input.setCustomValidity(file && file.size > limit ? `The file is larger than ${Math.floor(limit / 1048576)} MB.` : '');
    input.reportValidity();
  });
  form?.addEventListener('submit', (event) => {
    if (!input.validity.customError) return;
    event.preventDefault();
    input.reportValidity();
  });
});

// A file chosen for import is read into the text field beside it; nothing is sent until the form is.
document.querySelectorAll('input[type=file][data-into]').forEach((input) => {
  input.closest('[hidden]')?.removeAttribute('hidden');
  input.addEventListener('change', async () => {
    const file = input.files[0];
    if (file) document.getElementById(input.dataset.into).value = await file.text();
  });
});
