package admin

import "context"

// DemoSteps is how many steps make a demo organisation once it has its owner.
const DemoSteps = 4

// SetUpDemoForTest makes a demo organisation as far as some of the steps, as if the
// process was killed then.
func (s *Service) SetUpDemoForTest(ctx context.Context, n NewOrganisation, steps int) (Actor, error) {
	owner, err := s.beginDemo(ctx, n)
	if err != nil {
		return owner, err
	}
	for _, step := range s.demoSteps(owner)[:steps] {
		if err := step(ctx); err != nil {
			return owner, err
		}
	}
	return owner, nil
}
