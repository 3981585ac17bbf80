"""The patient's vertebra: the CT, the named levels, each level's own axes and parts, its measurements and its grid."""
