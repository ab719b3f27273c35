/** Reports: runs, studies, experiments and data sets as one HTML file each. */
export { experimentFigures, readExperiment, reportExperiment } from './experiment.ts';
export { reportData } from './data.ts';
export { chartFigure, type CaptionedTable, type Report } from './report.ts';
export { reportRuns } from './runs.ts';
export { reportStudy } from './study.ts';
export { writeReport, type Written } from './write.ts';
