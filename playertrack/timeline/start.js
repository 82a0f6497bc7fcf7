// A page of drawings alone.
for (const section of document.querySelectorAll("section")) { dressSection(section); }
listenForTips();
listenForThemes();
