"""What is true of a run, one question a module. Nothing here prints; views and the diagnosis read it.

Over the steps
    step_table      what do a step's completions and groups come to? the one table with a row per step
    run_facts       all series of a run under common names, for the diagnosis
    curves          which charts does a run have, and what is drawn in each?
    trust           do the completions agree with logging.jsonl, and what does the log leave out?
    times           where does a step's time go?
    checkpoints     what was earned at each saved checkpoint, and which is the best?
Over the completions
    accuracy        which reward tells right from wrong?
    distributions   how are rewards and lengths spread?
    text_sample     what do the texts of a sample say, step by step?
    text_measures   what can be said of one text: loops, languages, surprise, order?
    search          which completions match a text, an expression, a query?
    addresses       which completion is STEP:GROUP:I?
    reasons         why was a completion paid or not, in the grader's words?
Over the prompts and groups
    prompts         how often did each prompt come, how was it solved, is it sound?
    histories       how did each prompt's solve rate go?
    heat            the same as a grid of prompts and steps
    turns           which turns of a chat does a prompt hold?
    browse          which groups are there, and what stands in one?
Over the run
    configuration   what was it started with?
    compare         which of two runs solves more of the prompts that both have?
"""
