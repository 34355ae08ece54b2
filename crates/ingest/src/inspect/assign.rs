//! The best one-to-one assignment (Kuhn–Munkres with potentials, in the form of E. Lawler's "Combinatorial
//! Optimization", 1976): the sum of all scores is the largest possible, so a good pair never costs two others theirs.

/// For each row the column it gets, or none. `scores[row][column]` is at least 0; pairs below `least` are never made.
pub(crate) fn assign(scores: &[Vec<f64>], least: f64) -> Vec<Option<usize>> {
    let rows = scores.len();
    let width = scores.first().map_or(0, Vec::len);
    if width == 0 {
        return vec![None; rows];
    }
    // One column for each row stands for "none".
    let columns = width + rows;
    let cost = |row: usize, column: usize| match scores[row].get(column) {
        Some(score) if *score >= least => -*score,
        Some(_) => 1.0,
        None => 0.0,
    };
    let mut matcher = Matcher::new(rows, columns);
    for row in 1..=rows {
        matcher.add(row, &cost);
    }
    let mut assigned = vec![None; rows];
    for column in 1..=width {
        if let Some(row) = matcher.row_of[column].checked_sub(1) {
            assigned[row] = scores[row]
                .get(column - 1)
                .filter(|score| **score >= least)
                .map(|_| column - 1);
        }
    }
    assigned
}

/// Rows and columns count from 1; 0 is the row being added.
struct Matcher {
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
    row_of: Vec<usize>,
    way: Vec<usize>,
}

impl Matcher {
    fn new(rows: usize, columns: usize) -> Self {
        Self {
            row_potential: vec![0.0; rows + 1],
            column_potential: vec![0.0; columns + 1],
            row_of: vec![0; columns + 1],
            way: vec![0; columns + 1],
        }
    }

    fn add(&mut self, row: usize, cost: &impl Fn(usize, usize) -> f64) {
        let columns = self.row_of.len();
        self.row_of[0] = row;
        let mut slack = vec![f64::INFINITY; columns];
        let mut used = vec![false; columns];
        let mut at = 0;
        while self.row_of[at] != 0 {
            used[at] = true;
            let (from, mut step, mut next) = (self.row_of[at], f64::INFINITY, 0);
            for column in 1..columns {
                if used[column] {
                    continue;
                }
                let reduced = cost(from - 1, column - 1)
                    - self.row_potential[from]
                    - self.column_potential[column];
                if reduced < slack[column] {
                    slack[column] = reduced;
                    self.way[column] = at;
                }
                if slack[column] < step {
                    step = slack[column];
                    next = column;
                }
            }
            for column in 0..columns {
                if used[column] {
                    self.row_potential[self.row_of[column]] += step;
                    self.column_potential[column] -= step;
                } else {
                    slack[column] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            let before = self.way[at];
            self.row_of[at] = self.row_of[before];
            at = before;
        }
    }
}
