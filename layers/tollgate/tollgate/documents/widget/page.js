// What the page says, for a chatbot that is to know: its title, and what a visitor can read in its main part.
const LONGEST_PAGE = 4_000;

function pageText() {
  const main = document.querySelector("main, [role=main], article") || document.body;
  // The chat is in a shadow tree, so it is not in here; neither is what somebody has typed.
  const said = `${document.title}\n${main.innerText}`;
  return said.replace(/[^\S\n]+/g, " ").replace(/\s*\n\s*/g, "\n").trim().slice(0, LONGEST_PAGE);
}
