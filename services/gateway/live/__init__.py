"""What does not wait to be asked: commands to Kafka and news from it, and the events that a page follows."""
