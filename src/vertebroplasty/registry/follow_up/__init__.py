"""When patients are asked again, and who is due, overdue or lost."""
