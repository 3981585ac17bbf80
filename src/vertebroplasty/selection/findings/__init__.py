"""What rules and checks ask of a patient, a level and a CT: each finding answers yes, no or unknown, in a clause."""
