// The sentences that scripts say, in the language of the page. The server writes them into the layout.

export const texts = JSON.parse(document.body.dataset.words);
