from copy import deepcopy


def plans(template, teams, off):
    made = {team: deepcopy(template) for team in teams}
    for team, day in off:
        made[team][day].append('off')
    return made
