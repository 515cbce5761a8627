
drawPlots(document, JSON.parse(document.getElementById("figures").textContent));
