// Copyright (c) 2026, the bill.connect authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// On a phone, site.css shows each row of a table as a block. Each cell then needs the title of its column.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("article table.docutils:not(.ansible-option-table)").forEach((table) => {
    const titles = [...table.querySelectorAll("thead tr:first-child th")].map((cell) => cell.textContent.trim());
    if (!titles.length) return;
    table.classList.add("stacks");
    table.querySelectorAll("tbody tr").forEach((row) => {
      [...row.children].forEach((cell, column) => { cell.dataset.column = titles[column] || ""; });
    });
  });
});
