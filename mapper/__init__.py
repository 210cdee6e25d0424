"""Map spiking neural networks onto crossbar hardware, with guaranteed throughput."""
