#!/bin/sh
# The "report" of the office example: something that takes a while and says how far it is.
for step in 1 2 3; do
    echo "report on $1: step $step of 3"
done
