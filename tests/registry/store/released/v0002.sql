BEGIN TRANSACTION;
CREATE TABLE adverse_event (
	owner_kind TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	follow_up TEXT, 
	level TEXT, 
	kind TEXT, 
	cirse_2026 TEXT, 
	sir_2003 TEXT, 
	causality TEXT, 
	outcome TEXT, 
	onset_on DATE, 
	transient BOOLEAN, 
	procedure_related BOOLEAN, 
	duration_days DOUBLE, 
	cirse_2017 INTEGER, 
	CONSTRAINT pk_adverse_event PRIMARY KEY (owner_kind, owner_id, position), 
	CONSTRAINT fk_adverse_event_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id), 
	CONSTRAINT fk_adverse_event_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "adverse_event" VALUES('procedure','X1','X1','P1','own',0,NULL,'L1','radiculopathy',NULL,NULL,NULL,NULL,'2024-03-01',NULL,NULL,NULL,NULL);
INSERT INTO "adverse_event" VALUES('follow-up','F1-1','X1','P1','own',0,'F1-1',NULL,'infection',NULL,NULL,'unrelated',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "adverse_event" VALUES('follow-up','F1-2','X1','P1','own',0,'F1-2',NULL,'infection',NULL,NULL,'unrelated',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE clock_event (
	procedure TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	event TEXT, 
	level TEXT, 
	site TEXT, 
	remark TEXT, 
	t_s DOUBLE, 
	injected_ml DOUBLE, 
	at DATETIME, 
	CONSTRAINT pk_clock_event PRIMARY KEY (procedure, position), 
	CONSTRAINT fk_clock_event_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "clock_event" VALUES('X1','own',0,'mix-start',NULL,NULL,NULL,0.0,NULL,NULL);
INSERT INTO "clock_event" VALUES('X1','own',1,'leak',NULL,'epidural',NULL,410.5,NULL,NULL);
INSERT INTO "clock_event" VALUES('X2','own',0,'mix-start',NULL,NULL,NULL,0.0,NULL,NULL);
INSERT INTO "clock_event" VALUES('X2','own',1,'leak',NULL,'epidural',NULL,410.5,NULL,NULL);
CREATE TABLE follow_up (
	follow_up_id TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	days_after INTEGER, 
	relief_class INTEGER, 
	seen_on DATE, 
	died_on DATE, 
	window TEXT, 
	modality TEXT, 
	morphine_table TEXT, 
	analgesic_step TEXT, 
	improvement TEXT, 
	eq5d_profile TEXT, 
	cause_of_death TEXT, 
	lost_because TEXT, 
	not_evaluated_because TEXT, 
	remark TEXT, 
	pain_nrs DOUBLE, 
	pain_vas_mm DOUBLE, 
	morphine_mg_per_day DOUBLE, 
	rmdq DOUBLE, 
	odi_percent DOUBLE, 
	eq5d_vas DOUBLE, 
	new_fractures_looked_for BOOLEAN, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, adverse_events_asked BOOLEAN, placed TEXT, 
	CONSTRAINT pk_follow_up PRIMARY KEY (follow_up_id), 
	CONSTRAINT fk_follow_up_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "follow_up" VALUES('F1-1','X1','P1','own',30,3,'2024-03-31',NULL,'1mo',NULL,NULL,NULL,'clear',NULL,NULL,NULL,NULL,NULL,2.5,NULL,NULL,NULL,NULL,NULL,NULL,1,4,'2026-11-21 20:56:41.195343','clerk','chief','2026-11-21 20:56:41.283924',0,NULL,'1mo');
INSERT INTO "follow_up" VALUES('F1-2','X1','P1','own',365,3,'2025-03-01',NULL,'12mo',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2.5,NULL,NULL,NULL,NULL,NULL,NULL,1,5,'2026-11-21 20:56:41.195343','clerk',NULL,NULL,0,NULL,'12mo');
INSERT INTO "follow_up" VALUES('F1-3','X1','P1','own',30,3,'2024-03-31',NULL,'1mo',NULL,NULL,NULL,'moderate',NULL,NULL,NULL,NULL,NULL,2.5,NULL,NULL,NULL,NULL,NULL,NULL,1,6,'2026-11-21 20:56:41.222680','clerk',NULL,NULL,0,1,'1mo');
CREATE TABLE imaged_level (
	follow_up TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	level TEXT, 
	modality TEXT, 
	anterior_height_mm DOUBLE, 
	middle_height_mm DOUBLE, 
	posterior_height_mm DOUBLE, 
	kyphosis_deg DOUBLE, 
	displaced BOOLEAN, 
	CONSTRAINT pk_imaged_level PRIMARY KEY (follow_up, position), 
	CONSTRAINT fk_imaged_level_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "imaged_level" VALUES('F1-1','X1','P1','own',0,'L1',NULL,NULL,NULL,NULL,12.5,0);
INSERT INTO "imaged_level" VALUES('F1-2','X1','P1','own',0,'L1',NULL,NULL,NULL,NULL,12.5,0);
INSERT INTO "imaged_level" VALUES('F1-3','X1','P1','own',0,'L1',NULL,NULL,NULL,NULL,12.5,0);
CREATE TABLE journal (
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	"by" TEXT NOT NULL, 
	action TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	record_id TEXT NOT NULL, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	why TEXT, 
	old TEXT, 
	new TEXT, 
	CONSTRAINT pk_journal PRIMARY KEY (seq)
);
INSERT INTO "journal" VALUES(1,'2026-11-21 20:56:41.140311','vertebroplasty','add','series','own','0000000000000000000000000000000000000000000000000000000000000000','ebadbff068a08b16e97bc120c6ce278b8cbdbbc00783d7f3133b17024bd2d88f','A new registry.',NULL,'{"name":"own","title":"The department''s own patients","synthetic":false,"procedures_stated":true,"as_printed":[]}');
INSERT INTO "journal" VALUES(2,'2026-11-21 20:56:41.195343','clerk','import','patient','P1','ebadbff068a08b16e97bc120c6ce278b8cbdbbc00783d7f3133b17024bd2d88f','43aac727ef1dbada59265124d85730cecddbb220276d8d0a1ea70db807a61fa1','first entry',NULL,'{"pseudonym":"P1","series":"own","sex":"female","birth_year":1941,"anticoagulants":["aspirin"]}');
INSERT INTO "journal" VALUES(3,'2026-11-21 20:56:41.195343','clerk','import','procedure','X1','43aac727ef1dbada59265124d85730cecddbb220276d8d0a1ea70db807a61fa1','3edd14a132678a614d0b77d0cffb2580a8903d8339052b93c55b6d79cbc4b923','first entry',NULL,'{"procedure_id":"X1","patient":"P1","performed_on":"2024-03-01","started_at":"2024-03-01T09:12:30.000250Z","operator":"O1","assistants":[],"screening":{"verdict":"emergency","fired_rules":["S-01","S-02"],"overrides":[],"rule_sets":["founding/1"]},"levels":[{"level":"L1","indication":"osteoporotic-fracture","fracture_on":"2024-02-01","genant_grade":2,"cement":{"product":"PMMA","mixed_at":"2024-03-01T09:30:00Z","total_ml":3.4},"leaks_looked_for_with":["ct","fluoroscopy"],"leaks":[{"site":"epidural","modality":"ct","symptomatic":true},{"site":"disc-above","volume_ml":0.2}],"planned":{"plan_id":"plan-1","simulated_leak_probability":0.4}},{"level":"L2","leaks_looked_for_with":[],"leaks":[]}],"events":[{"event":"mix-start","t_s":0.0},{"event":"leak","t_s":410.5,"site":"epidural"}],"adverse_events":[{"kind":"radiculopathy","level":"L1","onset_on":"2024-03-01"}],"remark":"Größe, 椎体, ½ ml; \"quoted\" \\ back"}');
INSERT INTO "journal" VALUES(4,'2026-11-21 20:56:41.195343','clerk','import','follow-up','F1-1','3edd14a132678a614d0b77d0cffb2580a8903d8339052b93c55b6d79cbc4b923','ebf8f1212e0478d84faaf2626c890fa698fc25be1314a4fd1c2acfc223a04995','first entry',NULL,'{"follow_up_id":"F1-1","procedure":"X1","seen_on":"2024-03-31","window":"1mo","pain_nrs":2.5,"relief_class":3,"improvement":"clear","imaged_levels":[{"level":"L1","kyphosis_deg":12.5,"displaced":false}],"new_fractures":[{"level":"L3","relation":"adjacent","found_on":"2024-03-30"}],"adverse_events":[{"kind":"infection","causality":"unrelated"}]}');
INSERT INTO "journal" VALUES(5,'2026-11-21 20:56:41.195343','clerk','import','follow-up','F1-2','ebf8f1212e0478d84faaf2626c890fa698fc25be1314a4fd1c2acfc223a04995','31afbac3e69064b5a4de2ce59f8e5389a01451c75e85a177448e24e75ee010a9','first entry',NULL,'{"follow_up_id":"F1-2","procedure":"X1","seen_on":"2025-03-01","window":"12mo","pain_nrs":2.5,"relief_class":3,"imaged_levels":[{"level":"L1","kyphosis_deg":12.5,"displaced":false}],"new_fractures":[{"level":"L3","relation":"adjacent","found_on":"2024-03-30"}],"adverse_events":[{"kind":"infection","causality":"unrelated"}]}');
INSERT INTO "journal" VALUES(6,'2026-11-21 20:56:41.222680','clerk','add','follow-up','F1-3','31afbac3e69064b5a4de2ce59f8e5389a01451c75e85a177448e24e75ee010a9','8a731f89f336fde1ffbeae4673f717c0e9202bab0f36fd40b95e42ff9920bfbc',NULL,NULL,'{"follow_up_id":"F1-3","procedure":"X1","seen_on":"2024-03-31","window":"1mo","pain_nrs":2.5,"relief_class":3,"improvement":"moderate","imaged_levels":[{"level":"L1","kyphosis_deg":12.5,"displaced":false}],"new_fractures":[{"level":"L3","relation":"adjacent","found_on":"2024-03-30"}],"adverse_events":[],"adverse_events_asked":true}');
INSERT INTO "journal" VALUES(7,'2026-11-21 20:56:41.227189','clerk','add','procedure','X2','8a731f89f336fde1ffbeae4673f717c0e9202bab0f36fd40b95e42ff9920bfbc','a2b2f22805111cc395de35178865ab35d45e1a14e11007c63b0f2c26a7085f74',NULL,NULL,'{"procedure_id":"X2","patient":"P1","performed_on":"2024-03-01","started_at":"2024-03-01T09:12:30.000250Z","operator":"O1","assistants":[],"screening":{"verdict":"emergency","fired_rules":["S-01","S-02"],"overrides":[],"rule_sets":["founding/1"]},"levels":[{"level":"L1","indication":"osteoporotic-fracture","fracture_on":"2024-02-01","genant_grade":2,"cement":{"product":"PMMA","mixed_at":"2024-03-01T09:30:00Z","total_ml":3.4},"leaks_looked_for_with":["ct","fluoroscopy"],"leaks":[{"site":"epidural","modality":"ct","symptomatic":true},{"site":"disc-above","volume_ml":0.2}],"planned":{"plan_id":"plan-1","simulated_leak_probability":0.4}},{"level":"L2","leaks_looked_for_with":[],"leaks":[]}],"events":[{"event":"mix-start","t_s":0.0},{"event":"leak","t_s":410.5,"site":"epidural"}],"adverse_events":[],"adverse_events_asked":false,"remark":"Größe, 椎体, ½ ml; \"quoted\" \\ back"}');
INSERT INTO "journal" VALUES(8,'2026-11-21 20:56:41.231961','web','add','rehearsal','R-O1-1','a2b2f22805111cc395de35178865ab35d45e1a14e11007c63b0f2c26a7085f74','546b5534bbee105c37baa1362a91f04e2f1c3b3e6da3193bd8e2f04b5b7763be',NULL,NULL,'{"rehearsal_id":"R-O1-1","operator":"O1","ended_at":"2026-11-02T09:00:00Z","case":"easy","level":"L1","seed":1,"product":"pmma-medium","planned_ml":3.0,"selection":1.0,"placement":0.75,"fluoroscopy":0.5,"outcome":0.9,"stop_delay_s":2.5,"injected_ml":2.9,"in_body_ml":2.75,"leaks":[{"site":"disc-above","volume_ml":0.15}],"state_sha256":"5363a4d5a1e7d37b33fe74e82fafed55662245317a71f8343554568f8f719b96","log_sha256":"88d77f32db271f99bfda28a728cf730fb7d474d53cd69c770a770abe58bef498"}');
INSERT INTO "journal" VALUES(9,'2026-11-21 20:56:41.257094','chief','amend','patient','P1','546b5534bbee105c37baa1362a91f04e2f1c3b3e6da3193bd8e2f04b5b7763be','87ae1ff68571f055f8e08df5cba2a43b8da8677d59f1b5ddfba73665e9c17884','asked again','{"pseudonym":"P1","series":"own","sex":"female","birth_year":1941,"anticoagulants":["aspirin"]}','{"pseudonym":"P1","series":"own","sex":"female","birth_year":1942,"anticoagulants":["aspirin"]}');
INSERT INTO "journal" VALUES(10,'2026-11-21 20:56:41.283924','chief','sign','follow-up','F1-1','87ae1ff68571f055f8e08df5cba2a43b8da8677d59f1b5ddfba73665e9c17884','d82713bdc8305decbad7b905b52d3acdcee9c98c069c02926ccee07304e0c895',NULL,NULL,'{"meaning": "checked", "version": 1}');
INSERT INTO "journal" VALUES(11,'2026-11-21 20:56:41.290557','chief','lock','procedure','X1','d82713bdc8305decbad7b905b52d3acdcee9c98c069c02926ccee07304e0c895','7fc6d5a92774b09e680f24b8910e46df3a05ed1375bc2beb730ee825912d2066','year closed',NULL,NULL);
CREATE TABLE journal_head (
	id INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_journal_head PRIMARY KEY (id)
);
INSERT INTO "journal_head" VALUES(1,11,'7fc6d5a92774b09e680f24b8910e46df3a05ed1375bc2beb730ee825912d2066');
CREATE TABLE leak (
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	level TEXT NOT NULL, 
	level_position INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	site TEXT, 
	modality TEXT, 
	seen TEXT, 
	action TEXT, 
	volume_ml DOUBLE, 
	symptomatic BOOLEAN, 
	CONSTRAINT pk_leak PRIMARY KEY (procedure, level_position, position), 
	CONSTRAINT fk_leak_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "leak" VALUES('X1','P1','own','L1',0,0,'epidural','ct',NULL,NULL,NULL,1);
INSERT INTO "leak" VALUES('X1','P1','own','L1',0,1,'disc-above',NULL,NULL,NULL,0.2,NULL);
INSERT INTO "leak" VALUES('X2','P1','own','L1',0,0,'epidural','ct',NULL,NULL,NULL,1);
INSERT INTO "leak" VALUES('X2','P1','own','L1',0,1,'disc-above',NULL,NULL,NULL,0.2,NULL);
CREATE TABLE new_fracture (
	follow_up TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	level TEXT, 
	relation TEXT, 
	modality TEXT, 
	found_on DATE, 
	symptomatic BOOLEAN, 
	CONSTRAINT pk_new_fracture PRIMARY KEY (follow_up, position), 
	CONSTRAINT fk_new_fracture_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "new_fracture" VALUES('F1-1','X1','P1','own',0,'L3','adjacent',NULL,'2024-03-30',NULL);
INSERT INTO "new_fracture" VALUES('F1-2','X1','P1','own',0,'L3','adjacent',NULL,'2024-03-30',NULL);
INSERT INTO "new_fracture" VALUES('F1-3','X1','P1','own',0,'L3','adjacent',NULL,'2024-03-30',NULL);
CREATE TABLE patient (
	pseudonym TEXT NOT NULL, 
	series TEXT NOT NULL, 
	sex TEXT, 
	anticoagulants TEXT, 
	osteoporosis_treatment TEXT, 
	birth_year INTEGER, 
	ecog INTEGER, 
	asa INTEGER, 
	t_score DOUBLE, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_patient PRIMARY KEY (pseudonym), 
	CONSTRAINT fk_patient_series_series FOREIGN KEY(series) REFERENCES series (name)
);
INSERT INTO "patient" VALUES('P1','own','female','["aspirin"]',NULL,1942,NULL,NULL,NULL,2,9,'2026-11-21 20:56:41.257094','chief',NULL,NULL,0);
CREATE TABLE procedure (
	procedure_id TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	performed_on DATE, 
	discussed_on DATE, 
	started_at DATETIME, 
	centre TEXT, 
	operator TEXT, 
	assistants TEXT, 
	guidance TEXT, 
	anaesthesia TEXT, 
	intent TEXT, 
	consent_version TEXT, 
	remark TEXT, 
	screening_verdict TEXT, 
	screening_fired_rules TEXT, 
	screening_overrides TEXT, 
	screening_override_reason TEXT, 
	screening_rule_sets TEXT, 
	age_years DOUBLE, 
	room_temperature_c DOUBLE, 
	duration_min DOUBLE, 
	fluoroscopy_time_s DOUBLE, 
	dose_area_product_gy_cm2 DOUBLE, 
	air_kerma_mgy DOUBLE, 
	antibiotics BOOLEAN, 
	surgical_backup BOOLEAN, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, adverse_events_asked BOOLEAN, 
	CONSTRAINT pk_procedure PRIMARY KEY (procedure_id), 
	CONSTRAINT fk_procedure_patient_patient FOREIGN KEY(patient) REFERENCES patient (pseudonym)
);
INSERT INTO "procedure" VALUES('X1','P1','own','2024-03-01',NULL,'2024-03-01 09:12:30.000250',NULL,'O1','[]',NULL,NULL,NULL,NULL,'Größe, 椎体, ½ ml; "quoted" \ back','emergency','["S-01","S-02"]','[]',NULL,'["founding/1"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,3,'2026-11-21 20:56:41.195343','clerk',NULL,NULL,1,NULL);
INSERT INTO "procedure" VALUES('X2','P1','own','2024-03-01',NULL,'2024-03-01 09:12:30.000250',NULL,'O1','[]',NULL,NULL,NULL,NULL,'Größe, 椎体, ½ ml; "quoted" \ back','emergency','["S-01","S-02"]','[]',NULL,'["founding/1"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,7,'2026-11-21 20:56:41.227189','clerk',NULL,NULL,0,0);
CREATE TABLE rehearsal (
	rehearsal_id TEXT NOT NULL, 
	operator TEXT, 
	"case" TEXT, 
	level TEXT, 
	product TEXT, 
	state_sha256 TEXT, 
	log_sha256 TEXT, 
	ended_at DATETIME, 
	seed INTEGER, 
	guided BOOLEAN, 
	planned_ml DOUBLE, 
	selection DOUBLE, 
	placement DOUBLE, 
	timing DOUBLE, 
	fluoroscopy DOUBLE, 
	outcome DOUBLE, 
	stop_delay_s DOUBLE, 
	injected_ml DOUBLE, 
	in_body_ml DOUBLE, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_rehearsal PRIMARY KEY (rehearsal_id)
);
INSERT INTO "rehearsal" VALUES('R-O1-1','O1','easy','L1','pmma-medium','5363a4d5a1e7d37b33fe74e82fafed55662245317a71f8343554568f8f719b96','88d77f32db271f99bfda28a728cf730fb7d474d53cd69c770a770abe58bef498','2026-11-02 09:00:00.000000',1,NULL,3.0,1.0,0.75,NULL,0.5,0.9,2.5,2.9,2.75,1,8,'2026-11-21 20:56:41.231961','web',NULL,NULL,0);
CREATE TABLE rehearsal_leak (
	rehearsal TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	site TEXT, 
	volume_ml DOUBLE, 
	CONSTRAINT pk_rehearsal_leak PRIMARY KEY (rehearsal, position), 
	CONSTRAINT fk_rehearsal_leak_rehearsal_rehearsal FOREIGN KEY(rehearsal) REFERENCES rehearsal (rehearsal_id)
);
INSERT INTO "rehearsal_leak" VALUES('R-O1-1',0,'disc-above',0.15);
CREATE TABLE repeated_look (
	follow_up TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	series TEXT NOT NULL, 
	placed TEXT, 
	CONSTRAINT pk_repeated_look PRIMARY KEY (follow_up), 
	CONSTRAINT fk_repeated_look_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "repeated_look" VALUES('F1-3','X1','own','1mo');
CREATE TABLE series (
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	synthetic BOOLEAN NOT NULL, 
	procedures_stated BOOLEAN NOT NULL, 
	notes TEXT, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_series PRIMARY KEY (name)
);
INSERT INTO "series" VALUES('own','The department''s own patients',0,1,NULL,1,1,'2026-11-21 20:56:41.140311','vertebroplasty',NULL,NULL,0);
CREATE TABLE series_statement (
	series TEXT NOT NULL, 
	statement TEXT NOT NULL, 
	source TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_series_statement PRIMARY KEY (series, position), 
	CONSTRAINT fk_series_statement_series_series FOREIGN KEY(series) REFERENCES series (name)
);
CREATE TABLE treated_level (
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	level TEXT, 
	indication TEXT, 
	genant_shape TEXT, 
	oedema TEXT, 
	posterior_wall TEXT, 
	bilsky TEXT, 
	approach TEXT, 
	leaks_looked_for_with TEXT, 
	cement_product TEXT, 
	cement_lot TEXT, 
	cement_udi TEXT, 
	cement_opacifier TEXT, 
	cement_stop_reason TEXT, 
	planned_plan_id TEXT, 
	fracture_on DATE, 
	fracture_age_days DOUBLE, 
	anterior_height_mm DOUBLE, 
	middle_height_mm DOUBLE, 
	posterior_height_mm DOUBLE, 
	wedge_angle_deg DOUBLE, 
	mobility_mm DOUBLE, 
	canal_compromise_percent DOUBLE, 
	trabecular_hu DOUBLE, 
	gauge DOUBLE, 
	cement_component_temperature_c DOUBLE, 
	cement_paste_start_s DOUBLE, 
	cement_injection_start_s DOUBLE, 
	cement_injection_end_s DOUBLE, 
	cement_left_ml DOUBLE, 
	cement_right_ml DOUBLE, 
	cement_total_ml DOUBLE, 
	planned_planned_ml DOUBLE, 
	planned_simulated_leak_probability DOUBLE, 
	planned_simulated_canal_probability DOUBLE, 
	genant_grade INTEGER, 
	of_grade INTEGER, 
	sins_total INTEGER, 
	needle_passes INTEGER, 
	cleft BOOLEAN, 
	hypervascular BOOLEAN, 
	phlebogram BOOLEAN, 
	balloon BOOLEAN, 
	cement_stylet_reinserted BOOLEAN, 
	cement_needle_out_under_fluoroscopy BOOLEAN, 
	cement_mixed_at DATETIME, 
	CONSTRAINT pk_treated_level PRIMARY KEY (procedure, position), 
	CONSTRAINT fk_treated_level_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "treated_level" VALUES('X1','P1','own',0,'L1','osteoporotic-fracture',NULL,NULL,NULL,NULL,NULL,'["ct","fluoroscopy"]','PMMA',NULL,NULL,NULL,NULL,'plan-1','2024-02-01',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3.4,NULL,0.4,NULL,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01 09:30:00.000000');
INSERT INTO "treated_level" VALUES('X1','P1','own',1,'L2',NULL,NULL,NULL,NULL,NULL,NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "treated_level" VALUES('X2','P1','own',0,'L1','osteoporotic-fracture',NULL,NULL,NULL,NULL,NULL,'["ct","fluoroscopy"]','PMMA',NULL,NULL,NULL,NULL,'plan-1','2024-02-01',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3.4,NULL,0.4,NULL,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01 09:30:00.000000');
INSERT INTO "treated_level" VALUES('X2','P1','own',1,'L2',NULL,NULL,NULL,NULL,NULL,NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_journal_record_id_kind ON journal (record_id, kind);
CREATE INDEX ix_patient_series_pseudonym ON patient (series, pseudonym);
CREATE INDEX ix_procedure_patient ON procedure (patient);
CREATE INDEX ix_procedure_series_procedure_id ON procedure (series, procedure_id);
CREATE INDEX ix_follow_up_procedure ON follow_up (procedure);
CREATE INDEX ix_follow_up_series_died_on_patient ON follow_up (series, died_on, patient) WHERE died_on IS NOT NULL;
CREATE INDEX ix_follow_up_series_follow_up_id ON follow_up (series, follow_up_id);
CREATE INDEX ix_follow_up_not_evaluated ON follow_up (series, procedure) WHERE not_evaluated_because IS NOT NULL;
CREATE INDEX ix_follow_up_lost ON follow_up (series, procedure) WHERE lost_because IS NOT NULL;
CREATE INDEX ix_treated_level_counts ON treated_level (series, indication, cement_total_ml, leaks_looked_for_with);
CREATE INDEX ix_adverse_event_series_kind_patient ON adverse_event (series, kind, patient);
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal of a registry only grows'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal of a registry only grows'); END;
CREATE TRIGGER journal_no_gap BEFORE INSERT ON journal WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal) BEGIN SELECT RAISE(ABORT, 'the journal of a registry only grows'); END;
CREATE INDEX ix_repeated_look_procedure ON repeated_look (procedure);
CREATE INDEX ix_repeated_look_series ON repeated_look (series);
CREATE INDEX ix_rehearsal_operator_ended_at ON rehearsal (operator, ended_at);
CREATE UNIQUE INDEX uq_rehearsal_log_sha256 ON rehearsal (log_sha256);
CREATE INDEX ix_procedure_counts ON procedure (series, performed_on, operator, intent, adverse_events_asked);
CREATE INDEX ix_leak_counts ON leak (series, site, symptomatic, modality);
CREATE INDEX ix_follow_up_counts ON follow_up (series, placed, relief_class, improvement);
CREATE INDEX ix_patient_counts ON patient (series, sex, birth_year);
CREATE INDEX ix_leak_not_first ON leak (series, site, procedure, level_position) WHERE position > 0;
COMMIT;
