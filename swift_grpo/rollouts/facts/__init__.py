"""Facts of a run, one question a module. Nothing here prints; views and the diagnosis use it.

Over the steps
    step_table      what are the figures of each step? the one table with a row per step
    run_facts       all series of a run under common names, for the diagnosis
    curves          which charts does a run have, and which series are in each?
    trust           do the completions agree with logging.jsonl, and what does the log leave out?
    times           where does a step's time go?
    checkpoints     what is the reward at each saved checkpoint, and which is the best?
Over the completions
    accuracy        which reward tells right from wrong?
    distributions   how are rewards and lengths distributed?
    text_sample     how do the texts of a sample change from step to step?
    text_measures   what can be measured in one text: loops, languages, surprise, order?
    search          which completions match a text, an expression, a query?
    addresses       which completion is STEP:GROUP:I?
    reasons         why did a completion earn its reward, in the grader's words?
Over the prompts and groups
    prompts         how often was each prompt sampled and solved, and is it complete?
    histories       how did each prompt's solve rate change?
    heat            the same as a grid of prompts and steps
    turns           which turns of a chat does a prompt hold?
    browse          which groups are there, and which texts are in one?
Over the run
    configuration   which settings was it started with?
    compare         which of two runs solves more of the prompts that both have?
"""
