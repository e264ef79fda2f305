  const shownBefore = (one, other) => {
    const numbers = [Number(one), Number(other)];
    return numbers.some(Number.isNaN) ? one.localeCompare(other) : numbers[0] - numbers[1];
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    table.querySelectorAll("th").forEach((header, column) => header.addEventListener("click", () => {
      const direction = header.ariaSort === "ascending" ? "descending" : "ascending";
      table.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", direction);
      const sign = direction === "ascending" ? 1 : -1;
      const value = row => row.cells[column].dataset.value;
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort((one, other) => sign * shownBefore(value(one), value(other))));
    }));
  }
  for (const field of document.querySelectorAll("[data-filters]")) {
    const rows = document.querySelector(`[data-table=${field.dataset.filters}]`).tBodies[0].rows;
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/);
      for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
    });
  }
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(part => { part.open = true; }));
